#include "support/catch.hpp"

#include <utility>
#include <vector>

#include <sys/socket.h>
#include <unistd.h>

#include "support/deliveries.hpp"
#include "support/http_server.hpp"
#include "support/loopback.hpp"

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

namespace {

using tcp_address = boost::asio::ip::tcp::endpoint;

tcp_address local(std::uint16_t port) {
  return {boost::asio::ip::address_v4::loopback(), port};
}

// A loopback port whose backlog is full: it answers no SYN.
class black_hole {
public:
  black_hole() {
    auto here = loopback(0);
    socklen_t size = sizeof here;
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ::bind(listener_, reinterpret_cast<const sockaddr*>(&here), size);
    ::listen(listener_, 0);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&here), &size);
    port_ = ntohs(here.sin_port);
    for (int i = 0; i < 4; ++i) {
      fillers_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
      ::connect(fillers_.back(), reinterpret_cast<const sockaddr*>(&here), size);
    }
  }
  ~black_hole() {
    for (const int fd : fillers_)
      ::close(fd);
    ::close(listener_);
  }
  black_hole(const black_hole&) = delete;
  black_hole& operator=(const black_hole&) = delete;

  tcp_address at() const { return local(port_); }

private:
  int listener_;
  std::uint16_t port_ = 0;
  std::vector<int> fillers_;
};

http_settings settings_for_addresses(std::vector<tcp_address> addresses) {
  auto s = settings_for("http://events.example.com");
  s.ask = [addresses = std::move(addresses)](const auto&, const auto&) { return addresses; };
  return s;
}

} // namespace

TEST_CASE("an address that answers no SYN does not keep a delivery from the others", "[transport][connect]") {
  http_server server;
  const black_hole silent, silent_too;
  auto s = settings_for_addresses({silent.at(), silent_too.at(), local(server.port())});
  s.http.connect = 20s;
  http_transport t{s};
  CHECK(send(t).status == 200);
}

TEST_CASE("the address that worked last is tried first", "[transport][connect]") {
  http_server one, other{[](const http_request&) { return http_reply{.close = true}; }};
  const auto address_of_one = local(one.port()), address_of_other = local(other.port());
  auto s = settings_for("http://events.example.com");
  s.ask = [&, first = true](const auto&, const auto&) mutable {
    return std::exchange(first, false) ? std::vector{address_of_other} : std::vector{address_of_one, address_of_other};
  };
  http_transport t{s};
  for (int i = 0; i < 3; ++i)
    CHECK(send(t).status == 200);
  CHECK(other.connections() == 3);
  CHECK(one.connections() == 0);
}

TEST_CASE("an address that refuses is followed by the next at once", "[transport][connect]") {
  http_server server;
  std::uint16_t closed = 0;
  {
    http_server gone;
    closed = gone.port();
  }
  auto s = settings_for_addresses({local(closed), local(server.port())});
  CHECK(send(*std::make_unique<http_transport>(s)).status == 200);
  s = settings_for_addresses({local(closed), local(closed)});
  CHECK(send(*std::make_unique<http_transport>(s)).failure == transport_failure::connect);
}

TEST_CASE("without an address that answers, the deadline to connect ends the attempt", "[transport][connect]") {
  const black_hole silent, silent_too;
  auto s = settings_for_addresses({silent.at(), silent_too.at()});
  s.http.connect = 300ms;
  auto answer = send(*std::make_unique<http_transport>(s));
  const auto at = "127.0.0.1:" + std::to_string(silent.at().port());
  CHECK(answer.failure == transport_failure::timeout);
  CHECK(answer.detail == "connecting to events.example.com at " + at + " and 1 more took longer than 300 ms");

  auto by_address = settings_for("http://" + at);
  by_address.http.connect = 300ms;
  answer = send(*std::make_unique<http_transport>(by_address));
  CHECK(answer.failure == transport_failure::timeout);
  CHECK(answer.detail == "connecting to " + at + " took longer than 300 ms");
}
