#include "support/catch.hpp"

#include "support/deliveries.hpp"
#include "support/http_server.hpp"
#include "support/pipeline.hpp"

using namespace sluice;
using namespace sluice::test;

TEST_CASE("https goes through a proxy in a tunnel that the proxy cannot look into", "[transport][proxy]") {
  authority trusted;
  const auto identity = trusted.issue("localhost");
  http_server server{[](const http_request&) { return http_reply{}; }, &identity};
  http_server between;
  auto s = settings_for(server.url());
  s.http.ca_file = trusted.certificate_file();
  s.through = proxy{.host = "127.0.0.1", .port = std::to_string(between.port()), .credentials = "dTpw"};
  http_transport t{s};
  CHECK(send(t).status == 200);
  CHECK(send(t).status == 200);
  const auto seen = between.requests();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].method == "CONNECT");
  CHECK(seen[0].target == "localhost:" + std::to_string(server.port()));
  CHECK(seen[0].headers.at("proxy-authorization") == "Basic dTpw");
  CHECK(seen[0].headers.count("authorization") == 0);
  CHECK(server.requests().size() == 2);
}

TEST_CASE("a proxy is spoken to over TLS if its URL says so, and its name is verified", "[transport][proxy]") {
  authority trusted;
  const auto identity = trusted.issue("localhost");
  http_server server{[](const http_request&) { return http_reply{}; }, &identity};
  http_server between{[](const http_request&) { return http_reply{}; }, &identity};
  auto s = settings_for(server.url());
  s.http.ca_file = trusted.certificate_file();
  s.through = proxy{.host = "localhost", .port = std::to_string(between.port()), .tls = true};
  {
    http_transport t{s};
    CHECK(send(t).status == 200);
    CHECK(send(t).status == 200);
    CHECK(send(t, big_request()).status == 200);
  }
  REQUIRE(between.requests().size() == 1);
  CHECK(between.requests()[0].method == "CONNECT");
  CHECK(server.requests().size() == 3);

  s.to = *parse_endpoint("http://events.example.com", true);
  http_transport plain{s};
  for (int i = 0; i < 2; ++i) {
    const auto answer = send(plain);
    INFO(answer.detail);
    CHECK(answer.status == 200);
  }
  CHECK(between.requests().back().target == "http://events.example.com/v1/batch");
  CHECK(between.connections() == 2);

  s.through->host = "127.0.0.1"; // its certificate is for localhost
  http_transport other{s};
  CHECK(send(other).failure == transport_failure::proxy);
}

TEST_CASE("what follows a proxy's answer to CONNECT is not taken for the server's", "[transport][proxy]") {
  authority trusted;
  const auto identity = trusted.issue("localhost");
  http_server server{[](const http_request&) { return http_reply{.status = 503}; }, &identity};
  http_server between{
      [](const http_request&) { return http_reply{.stray = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}; }};
  auto s = settings_for(server.url());
  s.http.ca_file = trusted.certificate_file();
  s.through = proxy{.host = "127.0.0.1", .port = std::to_string(between.port()), .credentials = ""};
  http_transport t{s};
  const auto answer = send(t);
  CHECK(answer.status == 0);
  CHECK(answer.failure == transport_failure::proxy);
  CHECK(answer.detail == "the proxy sent bytes behind its answer to CONNECT");
  CHECK(eventually([&] { return between.open_connections() == 0; }));
  CHECK(server.requests().empty());
}

TEST_CASE("plain http asks a proxy by the whole URL", "[transport][proxy]") {
  http_server between;
  auto s = settings_for("http://events.example.com/in");
  s.through = proxy{.host = "127.0.0.1", .port = std::to_string(between.port()), .credentials = ""};
  http_transport t{s};
  CHECK(send(t).status == 200);
  CHECK(between.requests().at(0).target == "http://events.example.com/in");
  CHECK(between.requests().at(0).headers.at("host") == "events.example.com");
}

TEST_CASE("a proxy that refuses is said to have", "[transport][proxy]") {
  http_server between{[](const http_request&) { return http_reply{.status = 407}; }};
  auto s = settings_for("https://events.example.com");
  s.through = proxy{.host = "127.0.0.1", .port = std::to_string(between.port()), .credentials = ""};
  http_transport t{s};
  const auto answer = send(t);
  CHECK(answer.failure == transport_failure::proxy);
  CHECK(answer.detail == "HTTP 407");
}
