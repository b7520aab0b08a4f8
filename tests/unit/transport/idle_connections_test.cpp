#include "support/catch.hpp"

#include "support/deliveries.hpp"
#include "support/http_server.hpp"
#include "support/pipeline.hpp"

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

namespace {

const std::string stray_answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

} // namespace

TEST_CASE("a stray response behind an answer does not answer the next request", "[transport]") {
  authority trusted;
  const auto identity = trusted.issue("localhost");
  const bool tls = GENERATE(true, false);
  http_server server{[n = 0](const http_request&) mutable {
                       return n++ == 0 ? http_reply{.stray = stray_answer} : http_reply{.status = 400};
                     },
                     tls ? &identity : nullptr};
  auto s = settings_for(server.url());
  s.http.ca_file = trusted.certificate_file();
  http_transport t{s};
  CHECK(send(t).status == 200);
  CHECK(send(t).status == 400);
  CHECK(server.connections() == 2);
}

TEST_CASE("an idle connection is closed when the server ends it or sends something", "[transport]") {
  http_server server;
  http_transport t{settings_for(server.url())};
  CHECK(send(t).status == 200);
  CHECK(server.open_connections() == 1);
  server.send_stray(stray_answer);
  CHECK(eventually([&] { return server.open_connections() == 0; }));
  CHECK(send(t).status == 200);
  CHECK(server.connections() == 2);
}

TEST_CASE("an idle connection is closed after a while", "[transport]") {
  http_server server;
  auto s = settings_for(server.url());
  s.max_idle_time = 1ms;
  http_transport t{s};
  CHECK(send(t).status == 200);
  CHECK(eventually([&] { return server.open_connections() == 0; }));
}
