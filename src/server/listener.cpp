#include "server/listener.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace sluice {

namespace {

constexpr int backlog = 1'024;
constexpr mode_t for_user_and_group = 0660;

union any_address {
  sockaddr generic;
  sockaddr_in v4;
  sockaddr_in6 v6;
  sockaddr_un local;
};

struct socket_address {
  any_address bytes{};
  socklen_t size = sizeof bytes;
};

socket_address to_system(const listen_address& a) {
  socket_address to;
  if (a.ip.empty()) {
    to.bytes.local.sun_family = AF_UNIX;
    std::strncpy(to.bytes.local.sun_path, a.path.c_str(), sizeof to.bytes.local.sun_path - 1);
    to.size = sizeof to.bytes.local;
  } else if (a.ip.find(':') != std::string::npos) {
    to.bytes.v6.sin6_family = AF_INET6;
    to.bytes.v6.sin6_port = htons(a.port);
    ::inet_pton(AF_INET6, a.ip.c_str(), &to.bytes.v6.sin6_addr);
    to.size = sizeof to.bytes.v6;
  } else {
    to.bytes.v4.sin_family = AF_INET;
    to.bytes.v4.sin_port = htons(a.port);
    ::inet_pton(AF_INET, a.ip.c_str(), &to.bytes.v4.sin_addr);
    to.size = sizeof to.bytes.v4;
  }
  return to;
}

// The address that a socket is bound to, if it is one of those that a server may have.
result<listen_address> address_of(int socket) {
  socket_address bound;
  if (::getsockname(socket, &bound.bytes.generic, &bound.size) != 0)
    return error{errc::invalid_option, "listening_socket", std::strerror(errno)};
  std::array<char, INET6_ADDRSTRLEN> text{};
  switch (bound.bytes.generic.sa_family) {
  case AF_UNIX:
    return listen_address{.path = bound.bytes.local.sun_path};
  case AF_INET:
    ::inet_ntop(AF_INET, &bound.bytes.v4.sin_addr, text.data(), text.size());
    return listen_address{.ip = text.data(), .port = ntohs(bound.bytes.v4.sin_port)};
  case AF_INET6:
    ::inet_ntop(AF_INET6, &bound.bytes.v6.sin6_addr, text.data(), text.size());
    return listen_address{.ip = text.data(), .port = ntohs(bound.bytes.v6.sin6_port)};
  default:
    return error{errc::invalid_option, "listening_socket", "must be a socket of TCP or a Unix socket"};
  }
}

// Removes the file of a Unix socket that nobody listens on.
void remove_stale(const listen_address& a) {
  struct stat file {};
  if (::lstat(a.path.c_str(), &file) != 0 || !S_ISSOCK(file.st_mode))
    return;
  const auto to = to_system(a);
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (::connect(probe, &to.bytes.generic, to.size) != 0 && errno == ECONNREFUSED)
    ::unlink(a.path.c_str());
  ::close(probe);
}

} // namespace

result<listener> listener::open(const listen_address& a) {
  const auto to = to_system(a);
  if (a.ip.empty())
    remove_stale(a);
  const int made = ::socket(to.bytes.generic.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int yes = 1;
  if (made >= 0 && !a.ip.empty())
    ::setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const bool is_bound = made >= 0 && ::bind(made, &to.bytes.generic, to.size) == 0;
  listener opened{made, a};
  opened.removes_file_ = is_bound && a.ip.empty();
  // Nobody can connect before it listens, so the rights are in time.
  if (is_bound && a.ip.empty() && ::chmod(a.path.c_str(), for_user_and_group) != 0)
    return error{errc::invalid_option, "listen", a.path + ": " + std::strerror(errno)};
  if (!is_bound || ::listen(made, backlog) != 0)
    return error{errc::invalid_option, "listen", "cannot listen on " + url_of(a, false) + ": " + std::strerror(errno)};
  if (auto bound = address_of(made); bound && !a.ip.empty())
    opened.address_ = *bound;
  return opened;
}

result<listener> listener::adopt(int socket) {
  int listens = 0;
  socklen_t size = sizeof listens;
  if (::getsockopt(socket, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0)
    return error{errc::invalid_option, "listening_socket", "must be a socket that listens"};
  auto bound = address_of(socket);
  if (!bound)
    return bound.error();
  ::fcntl(socket, F_SETFD, FD_CLOEXEC);
  ::fcntl(socket, F_SETFL, ::fcntl(socket, F_GETFL) | O_NONBLOCK);
  return listener{socket, std::move(*bound)};
}

listener::listener(listener&& other) noexcept
    : socket_{std::exchange(other.socket_, -1)}, address_{std::move(other.address_)}, removes_file_{std::exchange(
                                                                                          other.removes_file_, false)} {
}

listener::~listener() {
  if (socket_ >= 0)
    ::close(socket_);
  if (removes_file_)
    ::unlink(address_.path.c_str());
}

} // namespace sluice
