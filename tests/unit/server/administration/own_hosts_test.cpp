#include "support/catch.hpp"

#include "server/administration/own_hosts.hpp"

using namespace sluice;

namespace {

own_hosts at(const std::string& address, const std::vector<std::string>& more = {}) {
  return own_hosts{*parse_listen_address(address), more};
}

} // namespace

TEST_CASE("a server on loopback answers to its address and to localhost, whatever the port", "[unit][server][admin]") {
  const auto v4 = at("127.0.0.1:8423");
  for (const auto* host : {"127.0.0.1", "127.0.0.1:8423", "localhost", "LOCALHOST:8423", "localhost:9000"})
    CHECK(v4.has(host));
  for (const auto* host :
       {"", ":8423", "localhost:", "localhost:x", "localhost:99999", "127.0.0.2", "[::1]", "evil.example:8423",
        "localhost.evil.example", "evil.example/localhost", "localhost:8423:8423", "1.localhost"})
    CHECK_FALSE(v4.has(host));
  const auto v6 = at("[::1]:8423");
  CHECK(v6.has("[::1]:8423"));
  CHECK(v6.has("[::1]"));
  CHECK_FALSE(v6.has("::1"));
  const auto path = at("unix:/run/sluice.sock");
  CHECK(path.has("localhost"));
  CHECK_FALSE(path.has("127.0.0.1"));
}

TEST_CASE("beyond loopback a server answers to its address and to its public names", "[unit][server][admin]") {
  const auto one = at("192.0.2.1:443", {"sluice.example.com", "2001:db8::1"});
  for (const auto* host : {"192.0.2.1:443", "sluice.example.com", "Sluice.Example.com:8443", "[2001:db8::1]:1"})
    CHECK(one.has(host));
  for (const auto* host : {"192.0.2.2", "localhost", "example.com", "2001:db8::1"})
    CHECK_FALSE(one.has(host));
  for (const auto* address : {"0.0.0.0:80", "[::]:80"}) {
    const auto any = at(address);
    CHECK(any.has("198.51.100.7:80"));
    CHECK(any.has("[2001:db8::1]"));
    CHECK(any.has("localhost"));
    CHECK_FALSE(any.has("evil.example"));
  }
}

TEST_CASE("only a page of the server itself, or of a public name, is of its own origin", "[unit][server][admin]") {
  const auto hosts = at("127.0.0.1:8423", {"sluice.example.com"});
  CHECK(hosts.permits_origin("", "127.0.0.1:8423"));
  CHECK(hosts.permits_origin("http://127.0.0.1:8423", "127.0.0.1:8423"));
  CHECK(hosts.permits_origin("https://sluice.example.com", "127.0.0.1:8423"));
  for (const auto* origin :
       {"null", "xx127.0.0.1:8423", "http://127.0.0.1:3000", "http://localhost:8423", "https://evil.example",
        "https://sluice.example.com.evil.example", "127.0.0.1:8423", "http://"})
    CHECK_FALSE(hosts.permits_origin(origin, "127.0.0.1:8423"));
  CHECK_FALSE(hosts.permits_origin("http://evil.example", "evil.example"));
}
