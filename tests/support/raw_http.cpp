#include "support/raw_http.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <sys/socket.h>
#include <unistd.h>

#include "support/loopback.hpp"

namespace sluice::test {

std::string batch_body(const std::vector<std::string>& ids) {
  const std::string date = "\"2026-01-02T03:04:05.678Z\"";
  std::string events;
  for (const auto& id : ids)
    events += (events.empty() ? "" : ",") + (R"({"messageId":")" + id) +
              R"(","type":"track","channel":"server","userId":"u","event":"e","context":{"library":{}},)"
              R"("originalTimestamp":)" +
              date + "}";
  return R"({"sentAt":)" + date + R"(,"timestamp":)" + date + R"(,"batch":[)" + events + "]}";
}

std::string batch_request(const std::vector<std::string>& ids, bool keep_alive) {
  const auto body = batch_body(ids);
  return "POST /v1/batch HTTP/1.1\r\nHost: localhost\r\nUser-Agent: raw\r\nAuthorization: Basic azo=\r\n"
         "Content-Type: application/json\r\nIdempotency-Key: b\r\nContent-Length: " +
         std::to_string(body.size()) + (keep_alive ? "" : "\r\nConnection: close") + "\r\n\r\n" + body;
}

raw_connection::raw_connection(const std::string& url) : fd_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
  const auto address = loopback(static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1))));
  const timeval patience{.tv_sec = 20, .tv_usec = 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("cannot reach " + url);
}

raw_connection::raw_connection(raw_connection&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}

raw_connection::~raw_connection() {
  if (fd_ >= 0)
    ::close(fd_);
}

void raw_connection::send(const std::string& bytes) const {
  if (::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(bytes.size()))
    throw std::runtime_error("cannot send");
}

std::string raw_connection::exchange(const std::string& bytes) const {
  send(bytes);
  return rest();
}

std::string raw_connection::rest() const {
  std::string all;
  char some[4096];
  for (ssize_t n = 0; (n = ::recv(fd_, some, sizeof some, 0)) > 0;)
    all.append(some, static_cast<std::size_t>(n));
  return all;
}

std::string raw_connection::until(const std::string& wanted) const {
  std::string all;
  char one = 0;
  while (all.find(wanted, all.size() - std::min(all.size(), wanted.size())) == std::string::npos &&
         ::recv(fd_, &one, 1, 0) > 0)
    all += one;
  return all;
}

std::string raw_exchange(const std::string& url, const std::string& bytes) {
  return raw_connection{url}.exchange(bytes);
}

} // namespace sluice::test
