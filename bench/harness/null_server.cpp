#include "harness/null_server.hpp"

#include <array>
#include <cstdlib>
#include <map>
#include <stdexcept>
#include <string_view>
#include <vector>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace sluice::bench {

namespace {

constexpr std::string_view answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

// The rest of a connection's present request that has not arrived yet.
struct progress {
  std::string head;
  std::size_t body_left = 0;
};

// Reads the bytes that arrived. Returns how many requests they complete.
int take(progress& p, std::string_view some) {
  int complete = 0;
  while (!some.empty()) {
    if (p.body_left > 0) {
      const auto n = std::min(p.body_left, some.size());
      p.body_left -= n;
      some.remove_prefix(n);
      complete += p.body_left == 0 ? 1 : 0;
      continue;
    }
    const auto before = p.head.size();
    p.head += some;
    const auto end = p.head.find("\r\n\r\n");
    if (end == std::string::npos)
      return complete;
    some.remove_prefix(end + 4 - before);
    const auto length = p.head.find("Content-Length: ");
    p.body_left = length == std::string::npos ? 0 : std::strtoul(p.head.c_str() + length + 16, nullptr, 10);
    p.head.clear();
    complete += p.body_left == 0 ? 1 : 0;
  }
  return complete;
}

} // namespace

null_server::null_server() : listener_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0 || ::pipe(stop_) != 0)
    throw std::runtime_error("the benchmark's server cannot listen");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread{[this] { run(); }};
  thread_id_.wait(0);
}

null_server::~null_server() {
  ::close(stop_[1]);
  thread_.join();
  ::close(stop_[0]);
  ::close(listener_);
}

void null_server::run() {
  thread_id_ = ::gettid();
  thread_id_.notify_one();
  std::map<int, progress> connections;
  std::vector<char> buffer(256 * 1024);
  for (;;) {
    std::vector<pollfd> all{{stop_[0], POLLIN, 0}, {listener_, POLLIN, 0}};
    for (const auto& [fd, p] : connections)
      all.push_back({fd, POLLIN, 0});
    ::poll(all.data(), all.size(), -1);
    if (all[0].revents != 0)
      break;
    if (all[1].revents != 0)
      connections[::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)];
    for (std::size_t i = 2; i < all.size(); ++i) {
      if (all[i].revents == 0)
        continue;
      const int fd = all[i].fd;
      const auto n = ::recv(fd, buffer.data(), buffer.size(), 0);
      bool good = n > 0;
      for (int k = good ? take(connections[fd], {buffer.data(), static_cast<std::size_t>(n)}) : 0; k > 0; --k) {
        ++requests_;
        good = ::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(answer.size());
      }
      if (!good) {
        ::close(fd);
        connections.erase(fd);
      }
    }
  }
  for (const auto& [fd, p] : connections)
    ::close(fd);
}

} // namespace sluice::bench
