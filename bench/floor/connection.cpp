#include "floor/connection.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <utility>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "sluice/version.hpp"

namespace sluice::bench {

namespace {

[[noreturn]] void fail_to_post() {
  throw std::runtime_error("the floor lost its connection to the server");
}

} // namespace

floor_connection::floor_connection(std::uint16_t port, bool gzip)
    : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)}, gzip_{gzip} {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int on = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (::connect(socket_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0 ||
      ::fcntl(socket_, F_SETFL, O_NONBLOCK) != 0)
    throw std::runtime_error("the floor cannot connect");
}

floor_connection::~floor_connection() {
  ::close(socket_);
}

void floor_connection::post(floor_batch b) {
  batch_ = std::move(b);
  head_ = "POST /v1/batch HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: sluice/" SLUICE_VERSION_STRING
          "\r\nContent-Type: application/json\r\n";
  head_ += gzip_ ? "Content-Encoding: gzip\r\n" : "";
  head_ += "Authorization: Basic YmVuY2g6\r\nIdempotency-Key: " + batch_.id +
           "\r\nContent-Length: " + std::to_string(batch_.body->size()) + "\r\n\r\n";
  sent_ = 0;
  send();
}

pollfd floor_connection::waits_for() const noexcept {
  return {socket_, static_cast<short>(is_sent() ? POLLIN : POLLOUT), 0};
}

std::optional<floor_batch> floor_connection::go_on() {
  if (!is_sent())
    send();
  else if (receive())
    return std::exchange(batch_, {});
  return std::nullopt;
}

void floor_connection::send() {
  const auto of_head = std::min(sent_, head_.size()), of_body = sent_ - of_head;
  std::array<iovec, 2> parts{{{head_.data() + of_head, head_.size() - of_head},
                              {const_cast<char*>(batch_.body->data()) + of_body, batch_.body->size() - of_body}}};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  const auto n = ::sendmsg(socket_, &message, MSG_NOSIGNAL);
  if (n < 0 && errno != EAGAIN)
    fail_to_post();
  sent_ += static_cast<std::size_t>(std::max<ssize_t>(n, 0));
}

// The server's answers have no body.
bool floor_connection::receive() {
  std::array<char, 256> some{};
  const auto n = ::recv(socket_, some.data(), some.size(), 0);
  if (n <= 0 && !(n < 0 && errno == EAGAIN))
    fail_to_post();
  answer_.append(some.data(), static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
  if (!answer_.ends_with("\r\n\r\n"))
    return false;
  if (!std::exchange(answer_, {}).starts_with("HTTP/1.1 2"))
    throw std::runtime_error("the server refused a batch of the floor");
  return true;
}

} // namespace sluice::bench
