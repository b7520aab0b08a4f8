#pragma once

#include <algorithm>
#include <string>

#include "support/catch.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace sluice::test {

/// What a service manager is told.
class notice_socket {
public:
  explicit notice_socket(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    const timeval wait{.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    REQUIRE(::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  }
  ~notice_socket() { ::close(fd_); }
  notice_socket(const notice_socket&) = delete;
  notice_socket& operator=(const notice_socket&) = delete;

  std::string next() const {
    char text[64];
    const auto n = ::recv(fd_, text, sizeof text, 0);
    return {text, static_cast<std::size_t>(std::max<ssize_t>(n, 0))};
  }
  std::string next_other_than(const std::string& word) const {
    auto text = next();
    while (text == word)
      text = next();
    return text;
  }

private:
  int fd_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
};

} // namespace sluice::test
