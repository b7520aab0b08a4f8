#include "support/catch.hpp"

#include "core/config/endpoint.hpp"

using namespace sluice;

TEST_CASE("a data plane URL says host, port, path", "[core][endpoint]") {
  const auto e = parse_endpoint("https://events.example.com", false);
  REQUIRE(e);
  CHECK(e->tls);
  CHECK(e->host == "events.example.com");
  CHECK(e->port == "443");
  CHECK(e->target == "/v1/batch");
  CHECK(parse_endpoint("https://h///", false)->target == "/v1/batch");
  CHECK(parse_endpoint("https://h/in/", false)->target == "/in");
  CHECK(parse_endpoint("https://h/in?source=1", false)->target == "/in?source=1");
  CHECK(parse_endpoint("http://127.0.0.1:8080", false)->authority() == "127.0.0.1:8080");
  CHECK(parse_endpoint("http://[::1]:8080", false)->authority() == "[::1]:8080");
  CHECK(parse_endpoint("https://[2001:db8::1]", false)->authority() == "[2001:db8::1]");
  CHECK(parse_endpoint("https://[2001:db8::1]", false)->host_and_port() == "[2001:db8::1]:443");
}

TEST_CASE("a data plane URL that is none is refused", "[core][endpoint]") {
  for (const char* url :
       {"", "events.example.com", "127.0.0.1:8080", "ftp://h", "https://", "https://h:0", "https://h:70000",
        "https://h:99999", "https://h:4294967377", "https://user@h", "https://h#part", "https://h h"}) {
    const auto e = parse_endpoint(url, true);
    REQUIRE(!e);
    CHECK(e.error().field == "data_plane_url");
  }
}

TEST_CASE("plain http leaves this machine only if it is said to be allowed", "[core][endpoint]") {
  CHECK(parse_endpoint("http://localhost", false));
  CHECK(parse_endpoint("http://127.1.2.3", false));
  CHECK(!parse_endpoint("http://events.example.com", false));
  CHECK(!parse_endpoint("http://127.0.0.1.example.com", false));
  CHECK(parse_endpoint("http://events.example.com", true));
}

TEST_CASE("a host name has no bytes that would change a request", "[core][endpoint]") {
  for (const char* url : {"http://a%0d%0ab/", "http://a%0D%0AX-Evil/", "http://a%20b", "http://a%00b", "http://a%2fb",
                          "http://a%40b", "http://%c3%bc.example.com", "http://a%3a1"}) {
    const auto e = parse_endpoint(url, true);
    INFO(url);
    REQUIRE(!e);
    CHECK(e.error().field == "data_plane_url");
    CHECK(e.error().message == "must name a host of letters, digits, hyphens, underscores and dots, or an address");
  }
  for (const char* url : {"http://a-b_c.Example.com.", "http://%61.test", "http://[2001:db8::1]", "http://10.0.0.1"}) {
    INFO(url);
    CHECK(parse_endpoint(url, true));
  }
}
