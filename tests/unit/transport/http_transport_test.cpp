#include "support/catch.hpp"

#include <atomic>
#include <future>
#include <thread>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/deliveries.hpp"
#include "support/http_server.hpp"
#include "support/loopback.hpp"
#include "support/pipeline.hpp"

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

namespace {

// A loopback port that takes connections and says nothing; after `close` it takes none.
class silent_port {
public:
  silent_port() : fd_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    auto here = loopback(0);
    socklen_t size = sizeof here;
    ::bind(fd_, reinterpret_cast<sockaddr*>(&here), size);
    ::listen(fd_, 8);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&here), &size);
    port_ = ntohs(here.sin_port);
  }
  ~silent_port() { close(); }
  silent_port(const silent_port&) = delete;
  silent_port& operator=(const silent_port&) = delete;
  /// Until a client has connected.
  void await_connection() const {
    pollfd p{.fd = fd_, .events = POLLIN, .revents = 0};
    ::poll(&p, 1, 20'000);
  }
  void close() {
    if (fd_ >= 0)
      ::close(std::exchange(fd_, -1));
  }
  std::string at(const std::string& before) const { return before + ":" + std::to_string(port_); }

private:
  int fd_;
  std::uint16_t port_ = 0;
};

} // namespace

TEST_CASE("a request is what the contract says, and the parts of its body follow one another", "[transport]") {
  http_server server;
  http_transport t{settings_for(server.url())};
  CHECK(send(t).status == 200);
  auto zipped = small_request();
  zipped.gzip = true;
  zipped.failed_attempts = 7;
  CHECK(send(t, zipped).status == 200);
  const auto seen = server.requests();
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].method == "POST");
  CHECK(seen[0].target == "/v1/batch");
  CHECK(seen[0].headers.at("host") == server.url().substr(7));
  CHECK(seen[0].headers.at("content-type") == "application/json");
  CHECK(seen[0].headers.at("authorization") == "Basic czNjcmV0Og==");
  CHECK(seen[0].headers.at("idempotency-key") == "batch-1");
  CHECK(seen[0].headers.at("x-retry-count") == "0");
  CHECK(seen[0].headers.at("user-agent").rfind("sluice/", 0) == 0);
  CHECK(seen[0].headers.count("content-encoding") == 0);
  CHECK(seen[0].body == "{\"batch\":[{\"a\":1}]}");
  CHECK(seen[1].headers.at("content-encoding") == "gzip");
  CHECK(seen[1].headers.at("x-retry-count") == "7");
}

TEST_CASE("a connection is kept for the next request", "[transport]") {
  http_server server;
  http_transport t{settings_for(server.url())};
  for (int i = 0; i < 3; ++i)
    CHECK(send(t).status == 200);
  CHECK(server.connections() == 1);
}

TEST_CASE("a connection that the server closed in between costs nothing", "[transport]") {
  http_server server;
  http_transport t{settings_for(server.url())};
  for (int i = 0; i < 20; ++i) {
    CHECK(send(t).status == 200);
    server.drop_connections();
  }
  CHECK(server.connections() == 20);
}

TEST_CASE("a server that closes a new connection without a word has failed", "[transport]") {
  http_server server{[](const http_request&) { return http_reply{.status = 0, .close = true}; }};
  http_transport t{settings_for(server.url())};
  CHECK(send(t).failure == transport_failure::receive);
  CHECK(server.requests().size() == 1);
}

TEST_CASE("status, Retry-After and the server's words come back, without the key", "[transport]") {
  http_server server{[](const http_request&) {
    return http_reply{.status = 429, .body = "slow down, s3cret\x1b", .headers = {{"Retry-After", "7"}}};
  }};
  http_transport t{settings_for(server.url())};
  const auto answer = send(t);
  CHECK(answer.status == 429);
  CHECK(answer.retry_after == "7");
  CHECK(answer.detail == "slow down, [secret]?");
}

TEST_CASE("a redirect is not followed", "[transport]") {
  http_server elsewhere;
  http_server server{[&](const http_request&) {
    return http_reply{.status = 307, .headers = {{"Location", elsewhere.url() + "/v1/batch"}}};
  }};
  http_transport t{settings_for(server.url())};
  CHECK(send(t).status == 307);
  CHECK(elsewhere.connections() == 0);
}

TEST_CASE("what is no HTTP, and an answer without a whole status line, is a failure to receive", "[transport]") {
  for (const char* raw : {"\x01\x02\x03 hello\r\n\r\n", "HTTP/1.1 200 O", "HTTP/1.", "HTTP/1.1 100 Continue\r\n\r\n"}) {
    http_server server{[raw](const http_request&) { return http_reply{.raw = raw}; }};
    http_transport t{settings_for(server.url())};
    CHECK(send(t).failure == transport_failure::receive);
  }
  const http_reply endless{.raw = "HTTP/1.1 200 ", .forever = std::string(1'000, 'x')};
  http_server server{[&](const http_request&) { return endless; }};
  http_transport t{settings_for(server.url())};
  CHECK(send(t).failure == transport_failure::receive);
}

TEST_CASE("a status counts, whatever its header and its body are like", "[transport]") {
  const std::string head = "HTTP/1.1 404 Not Found\r\n", chunked = head + "Transfer-Encoding: chunked\r\n\r\n";
  const auto x = std::string(1'024, 'x');
  const http_reply replies[] = {
      {.raw = head},
      {.raw = head + "Content-Le"},
      {.raw = head + "no colon\r\n\r\n"},
      {.raw = head, .forever = "X-More: " + x + "\r\n"},
      {.raw = head + "Content-Length: 100\r\n\r\nhalf"},
      {.raw = head + "Content-Length: what\r\n\r\nhalf"},
      {.raw = head + "Content-Length: 1000000\r\n\r\n" + x},
      {.raw = chunked + "zz\r\n"},
      {.raw = chunked, .forever = "400\r\n" + x + "\r\n"},
      {.raw = head + "\r\n", .forever = x},
      {.status = 404, .body = std::string(100'000, 'x')},
  };
  authority trusted;
  const auto identity = trusted.issue("localhost");
  for (const auto* const tls : {&identity, static_cast<const identity_files*>(nullptr)})
    for (const auto& reply : replies) {
      http_server server{[reply](const http_request&) { return reply; }, tls};
      auto s = settings_for(server.url());
      s.http.ca_file = trusted.certificate_file();
      http_transport t{s};
      INFO((tls ? "TLS " : "") << reply.raw);
      const auto answer = send(t);
      INFO(answer.detail);
      CHECK(answer.failure == transport_failure::none);
      CHECK(answer.status == 404);
      send(t);
      CHECK(server.connections() == 2); // such a connection is not used again
    }
}

TEST_CASE("a response that comes byte by byte has one deadline, not one for each byte", "[transport]") {
  const auto attempt = [](const std::string& raw) {
    http_server server{[&](const http_request&) { return http_reply{.raw = raw, .forever = "x", .every = 5ms}; }};
    auto s = settings_for(server.url());
    s.http.response = 100ms;
    http_transport t{s};
    return send(t);
  };
  const auto no_status = attempt("HTTP/1.1 200 ");
  CHECK(no_status.failure == transport_failure::timeout);
  CHECK(no_status.detail.rfind("no answer within 100 ms (127.0.0.1:", 0) == 0);
  CHECK(attempt("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n").status == 200);
}

TEST_CASE("a status that has arrived counts, even if the transport is destroyed during the body", "[transport]") {
  http_server server{[n = 0](const http_request&) mutable {
    return n++ > 0 ? http_reply{}
                   : http_reply{.raw = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", .forever = "x", .every = 1h};
  }};
  std::atomic<int> status{0};
  {
    http_transport t{settings_for(server.url())};
    t.send(small_request(), [&](const delivery_response& r) { status = r.status; });
    REQUIRE(eventually([&] { return server.replies() == 1; }));
    CHECK(send(t).status == 200); // answered later than the first one
    CHECK(status == 0);
  }
  CHECK(status == 200);
}

TEST_CASE("an answer that comes while the body is being sent counts", "[transport]") {
  http_server server;
  server.reply_early({.status = 413, .body = "too large", .close = GENERATE(true, false)});
  http_transport t{settings_for(server.url())};
  const auto answer = send(t, big_request());
  INFO(answer.detail);
  CHECK(answer.failure == transport_failure::none);
  CHECK(answer.status == 413);
  CHECK(answer.detail == "too large");
}

TEST_CASE("a connection that is reset after the request was sent is a failure to receive", "[transport]") {
  http_server server{[](const http_request&) { return http_reply{.reset = true}; }};
  http_transport t{settings_for(server.url())};
  CHECK(send(t).failure == transport_failure::receive);
  CHECK(server.requests().size() == 1);
}

TEST_CASE("a connection that is reset before the request was sent is a failure", "[transport]") {
  silent_port waiting;
  http_transport t{settings_for(waiting.at("http://127.0.0.1"))};
  std::thread resetter{[&] {
    waiting.await_connection();
    waiting.close(); // what waits to be accepted is reset
  }};
  const auto failure = send(t, big_request()).failure; // sending takes longer than the reset
  resetter.join();
  CHECK((failure == transport_failure::connect || failure == transport_failure::send ||
         failure == transport_failure::receive));
}

TEST_CASE("a 2xx counts whatever its content is, or only if it is JSON", "[transport]") {
  http_reply reply;
  http_server server{[&](const http_request&) { return reply; }};
  auto s = settings_for(server.url());
  http_transport lenient{s};
  s.http.require_json = true;
  http_transport strict{s};

  reply = {.body = "<html>Sign in", .headers = {{"Content-Type", "text/html"}}};
  CHECK(send(lenient).failure == transport_failure::none);
  auto answer = send(strict);
  CHECK(answer.failure == transport_failure::not_json);
  CHECK(answer.status == 200);
  CHECK(answer.detail == "the answer is no JSON (Content-Type: text/html)");
  reply = {.status = 204};
  answer = send(strict);
  CHECK(answer.failure == transport_failure::not_json);
  CHECK(answer.detail == "the answer is no JSON (no Content-Type)");
  reply = {.status = 503, .headers = {{"Content-Type", "text/html"}}};
  CHECK(send(strict).failure == transport_failure::none);
  reply = {.status = 202, .headers = {{"Content-Type", "application/json; charset=utf-8"}}};
  answer = send(strict);
  CHECK(answer.failure == transport_failure::none);
  CHECK(answer.status == 202);
}

TEST_CASE("an interim response is passed over", "[transport]") {
  http_server server{[](const http_request&) {
    return http_reply{.raw = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"};
  }};
  http_transport t{settings_for(server.url())};
  CHECK(send(t).status == 202);
}

TEST_CASE("every phase has its deadline", "[transport]") {
  http_server mute{[](const http_request&) { return http_reply{.hang = true}; }};
  auto s = settings_for(mute.url());
  s.http.response = 50ms;
  http_transport t{s};
  auto answer = send(t);
  CHECK(answer.failure == transport_failure::timeout);
  CHECK(answer.detail == "no answer within 50 ms (" + mute.url().substr(7) + ")");

  silent_port silent;
  s = settings_for(silent.at("https://127.0.0.1"));
  s.http.tls = 50ms;
  http_transport u{s};
  answer = send(u);
  CHECK(answer.failure == transport_failure::timeout);
  CHECK(answer.detail == "the TLS handshake took longer than 50 ms (" + silent.at("127.0.0.1") + ")");

  s = settings_for(silent.at("http://127.0.0.1"));
  s.http.send = 50ms;
  http_transport v{s};
  answer = send(v, big_request());
  CHECK(answer.failure == transport_failure::timeout);
  CHECK(answer.detail == "sending took longer than 50 ms (" + silent.at("127.0.0.1") + ")");

  s.http.send = 20s;
  s.http.total = 50ms;
  http_transport w{s};
  answer = send(w, big_request());
  CHECK(answer.failure == transport_failure::timeout);
  CHECK(answer.detail ==
        "the attempt took longer than 50 ms; its last step was sending (" + silent.at("127.0.0.1") + ")");

  s = settings_for("http://events.example.com");
  std::promise<void> end;
  s.ask = [asked = end.get_future().share()](const auto&, const auto&) {
    asked.wait();
    return resolver::addresses{};
  };
  s.http.connect = 50ms;
  http_transport x{s};
  answer = send(x);
  end.set_value();
  CHECK(answer.failure == transport_failure::timeout);
  CHECK(answer.detail == "resolving events.example.com took longer than 50 ms");
}

TEST_CASE("nobody there, and no such host", "[transport]") {
  silent_port closed;
  closed.close();
  http_transport t{settings_for(closed.at("http://127.0.0.1"))};
  const auto refused = send(t);
  CHECK(refused.failure == transport_failure::connect);
  CHECK(refused.detail == "Connection refused (" + closed.at("127.0.0.1") + ")");
  // A label of 64 letters cannot exist: no server is asked.
  http_transport u{settings_for("http://" + std::string(64, 'x') + ".invalid")};
  CHECK(send(u).failure == transport_failure::resolve);
}

TEST_CASE("over TLS the chain, the dates and the host name are verified", "[transport][tls]") {
  authority trusted, unknown;
  const auto attempt = [&](const identity_files& identity) {
    http_server server{[](const http_request&) { return http_reply{}; }, &identity};
    auto s = settings_for(server.url());
    s.http.ca_file = trusted.certificate_file();
    http_transport t{s};
    const auto answer = send(t);
    CHECK(server.requests().size() == (answer.failure == transport_failure::none ? 1 : 0));
    return answer;
  };
  CHECK(attempt(trusted.issue("localhost")).status == 200);
  const auto refused = [&](const identity_files& identity, const std::string& why) {
    const auto answer = attempt(identity);
    CHECK(answer.failure == transport_failure::tls);
    CHECK(answer.detail.rfind("the certificate " + why + " (localhost:", 0) == 0);
  };
  refused(unknown.issue("localhost"), "is from an unknown authority");
  refused(trusted.issue("example.com"), "is for another host name");
  refused(trusted.issue("localhost", -60), "has expired");
}

TEST_CASE("at the end of a transport every callback has run, once", "[transport]") {
  http_server mute{[](const http_request&) { return http_reply{.hang = true}; }};
  std::atomic<int> calls{0}, cancelled{0};
  {
    http_transport t{settings_for(mute.url())};
    for (int i = 0; i < 5; ++i)
      t.send(small_request(), [&](const delivery_response& r) {
        ++calls;
        cancelled += r.failure == transport_failure::cancelled ? 1 : 0;
      });
  }
  CHECK(calls == 5);
  CHECK(cancelled == 5);
}
