#include "support/catch.hpp"

#include <future>
#include <mutex>
#include <new>
#include <thread>
#include <vector>

#include "server/request_server.hpp"
#include "support/pipeline.hpp"
#include "support/raw_http.hpp"

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

namespace {

// Answers with what it was asked. `/hold` is answered when the test says so, `/refused` before its body is read, and
// `/drop` never. For `/no-memory` there is no memory, for `/no-memory-for-body` not until its body has come.
class echo : public service {
public:
  std::optional<reply> admit(const request_head& r) override {
    if (r.path() == "/refused")
      return reply{.status = 401};
    if (r.path() == "/no-memory")
      throw std::bad_alloc{};
    return std::nullopt;
  }
  void take(const request_head& r, std::string body, responder to) override {
    if (r.path() == "/no-memory-for-body")
      throw std::bad_alloc{};
    std::lock_guard guard{mutex_};
    if (r.path() == "/hold")
      held_.push_back(std::move(to));
    else if (r.path() == "/two-threads")
      answer_from_two_threads(to);
    else if (r.path() != "/drop")
      to.answer({.body = std::string{r.target} + "=" + body});
    ++taken_;
  }
  std::size_t taken() const {
    std::lock_guard guard{mutex_};
    return taken_;
  }
  // Waits for a request to `/hold`, and returns what answers it.
  responder held() const {
    REQUIRE(eventually([&] { return taken() > 0; }));
    std::lock_guard guard{mutex_};
    return held_.back();
  }
  void release() {
    std::lock_guard guard{mutex_};
    for (const auto& held : held_)
      held.answer({.body = "released"});
    held_.clear();
  }

private:
  static void answer_from_two_threads(const responder& to) {
    to.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", what_follows::more);
    std::thread{[&] { to.write("ab", what_follows::next_request); }}.join();
  }

  mutable std::mutex mutex_;
  std::vector<responder> held_;
  std::size_t taken_ = 0;
};

struct running {
  explicit running(request_server_limits limits = {})
      : server{std::make_unique<request_server>(from, serves, with_defaults(limits), nullptr,
                                                [this](const std::string& line) { complain(line); })} {}

  static request_server_limits with_defaults(request_server_limits l) {
    const auto set = [](auto& member, auto value) {
      if (member == std::decay_t<decltype(member)>{})
        member = value;
    };
    set(l.max_connections, std::size_t{100});
    set(l.max_header_bytes, std::size_t{2'000});
    set(l.max_body_bytes, std::size_t{10'000});
    set(l.max_bytes_of_bodies, std::size_t{100'000});
    set(l.request_timeout, std::chrono::milliseconds{20'000});
    set(l.idle_timeout, std::chrono::milliseconds{20'000});
    return l;
  }
  std::string url() const { return url_of(from.address(), false); }
  std::string says(const std::string& request) const { return raw_exchange(url(), request); }
  std::string status_of(const std::string& request) const { return says(request).substr(0, 12); }

  void complain(const std::string& line) {
    std::lock_guard guard{mutex};
    complaints.push_back(line);
  }
  std::vector<std::string> heard() const {
    std::lock_guard guard{mutex};
    return complaints;
  }

  mutable std::mutex mutex;
  std::vector<std::string> complaints;
  listener from = *listener::open(*parse_listen_address("127.0.0.1:0"));
  echo serves;
  std::unique_ptr<request_server> server;
};

std::string post(const std::string& headers, const std::string& body) {
  return "POST /x HTTP/1.1\r\nHost: h\r\n" + headers + "\r\n" + body;
}

std::size_t answers_in(const std::string& text) {
  std::size_t count = 0;
  for (auto at = text.find("HTTP/1.1 "); at != std::string::npos; at = text.find("HTTP/1.1 ", at + 1))
    ++count;
  return count;
}

const std::string held_request = "GET /hold HTTP/1.1\r\nHost: h\r\n\r\n";
const std::string last_request = "GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

} // namespace

TEST_CASE("a connection serves one request after another, with bodies of both framings", "[unit][server]") {
  const running r;
  const auto said = r.says(post("Content-Length: 3\r\n", "one") +
                           post("Transfer-Encoding: chunked\r\n", "2\r\ntw\r\n1\r\no\r\n0\r\n\r\n") + last_request);
  CHECK(answers_in(said) == 3);
  CHECK(said.find("/x=one") < said.find("/x=two"));
  CHECK(said.find("/x=two") < said.find("/last="));
}

TEST_CASE("what a proxy might frame otherwise is refused, and nothing behind it is read", "[unit][server]") {
  const running r;
  const std::string hidden = "GET /hidden HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
  const auto headers = GENERATE(values<std::string>({
      "Host: other\r\nContent-Length: 0\r\n",
      "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
      "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
      "Content-Length: 4\r\nContent-Length: 5\r\n",
      "Content-Length: 4\r\nContent-Length: 4\r\n",
      "Content-Length: 4, 4\r\n",
      "Content-Length: +4\r\n",
      "Content-Length: -4\r\n",
      "Content-Length: 0x4\r\n",
      "Content-Length: 99999999999999999999\r\n",
      "Content-Length : 4\r\n",
      "Content-Length\r\n",
      "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
      "Transfer-Encoding: chunked, identity\r\n",
      "Transfer-Encoding: identity, chunked\r\n",
      "Transfer-Encoding: identity\r\n",
      "Transfer-Encoding: xchunked\r\n",
      "Transfer-Encoding : chunked\r\n",
      "X: y\nTransfer-Encoding: chunked\r\n",
      "X: y\rContent-Length: 4\r\n",
  }));
  INFO(headers);
  const auto said = r.says(post(headers, "0\r\n\r\n" + hidden));
  CHECK(said.substr(0, 12) == "HTTP/1.1 400");
  CHECK(answers_in(said) == 1);
  CHECK(said.find("hidden") == std::string::npos);
}

TEST_CASE("lines that end in a bare LF, and other versions, are no HTTP/1.1", "[unit][server]") {
  const running r;
  CHECK(r.status_of("GET /x HTTP/1.1\nHost: h\n\n") == "HTTP/1.1 400");
  CHECK(r.status_of("GET /x HTTP/2.0\r\nHost: h\r\n\r\n") == "HTTP/1.1 400");
  CHECK(r.status_of("\x16\x03\x01 a hello of TLS\r\n\r\n") == "HTTP/1.1 400");
  CHECK(r.status_of("POST /x HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n") == "HTTP/1.1 400");
  CHECK(r.status_of("GET /x HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n") == "HTTP/1.1 400");
  CHECK(r.status_of("HEAD /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n") == "HTTP/1.1 400");
  const running hasty{{.request_timeout = 200ms}};
  CHECK(hasty.says(post("Transfer-Encoding: chunked\r\n", "4\nbody\n0\n\n")).find("200") == std::string::npos);
  CHECK(hasty.serves.taken() == 0);
}

TEST_CASE("a header or a body that is too long is answered at once", "[unit][server]") {
  const running r;
  CHECK(r.status_of(post("X: " + std::string(3'000, 'x') + "\r\n", "")) == "HTTP/1.1 431");
  CHECK(r.status_of(post("Content-Length: 10000000000\r\n", "some of it")) == "HTTP/1.1 413");
  const std::string chunk = "1000\r\n" + std::string(4'096, 'x') + "\r\n";
  CHECK(r.status_of(post("Transfer-Encoding: chunked\r\n", chunk + chunk + chunk + "0\r\n\r\n")) == "HTTP/1.1 413");
  CHECK(r.serves.taken() == 0);
}

TEST_CASE("the bodies that are being read have a bound together", "[unit][server]") {
  const running r{{.max_body_bytes = 1'000, .max_bytes_of_bodies = 1'500}};
  std::vector<raw_connection> slow;
  slow.emplace_back(r.url());
  slow[0].send(post("Content-Length: 1000\r\n", "half"));
  REQUIRE(eventually([&] {
    return r.status_of(post("Content-Length: 1000\r\nConnection: close\r\n", std::string(1'000, 'x'))) ==
           "HTTP/1.1 429";
  }));
  CHECK(r.status_of(post("Content-Length: 3\r\nConnection: close\r\n", "abc")) == "HTTP/1.1 200");
  slow.clear();
  CHECK(eventually([&] {
    return r.status_of(post("Content-Length: 1000\r\nConnection: close\r\n", std::string(1'000, 'x'))) ==
           "HTTP/1.1 200";
  }));
}

TEST_CASE("an answer before the body is seen, though the body is not read", "[unit][server]") {
  const running r;
  const auto said = r.says("POST /refused HTTP/1.1\r\nHost: h\r\nContent-Length: 9000\r\n\r\n" +
                           std::string(9'000, 'x') + last_request);
  CHECK(said.substr(0, 12) == "HTTP/1.1 401");
  CHECK(answers_in(said) == 1);
  CHECK(said.find("Connection: close") != std::string::npos);
}

TEST_CASE("a client that asks first is told to go on", "[unit][server]") {
  const running r;
  const auto said = r.says(post("Expect: 100-continue\r\nContent-Length: 3\r\nConnection: close\r\n", "abc"));
  CHECK(said.substr(0, 25) == "HTTP/1.1 100 Continue\r\n\r\n");
  CHECK(said.find("/x=abc") != std::string::npos);
}

TEST_CASE("slow clients are closed, each phase in its time", "[unit][server]") {
  const running r{{.request_timeout = 200ms, .idle_timeout = 200ms}};
  CHECK(r.says("").empty());
  CHECK(r.says("GET /x HT").empty());
  CHECK(r.says(post("Content-Length: 5\r\n", "ab")).empty());
  CHECK(eventually([&] { return r.server->connections() == 0; }));
}

TEST_CASE("past the bound of connections the one that has waited longest for a request gives way", "[unit][server]") {
  running r{{.max_connections = 10}};
  std::vector<raw_connection> all;
  all.emplace_back(r.url());
  all[0].send("GET /hold HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  REQUIRE(eventually([&] { return r.serves.taken() == 1; }));
  for (int i = 0; i < 30; ++i)
    all.emplace_back(r.url()).send("GET /slow");
  CHECK(r.status_of(last_request) == "HTTP/1.1 200");
  CHECK(r.server->connections() <= 11); // one may not have heard yet that it was closed
  CHECK(all[1].rest().empty());
  r.serves.release();
  CHECK(all[0].rest().find("released") != std::string::npos);
}

TEST_CASE("at its end a server answers what is open, and closes the rest", "[unit][server]") {
  running r;
  const raw_connection open{r.url()}, idle{r.url()};
  open.send("GET /hold HTTP/1.1\r\nHost: h\r\n\r\n");
  REQUIRE(eventually([&] { return r.serves.taken() == 1 && r.server->connections() == 2; }));
  auto ended = std::async(std::launch::async, [&] { r.server.reset(); });
  CHECK(idle.rest().empty());
  r.serves.release();
  const auto said = open.rest();
  CHECK(said.find("released") != std::string::npos);
  CHECK(said.find("Connection: close") != std::string::npos);
  ended.get();
}

TEST_CASE("a server ends though a request is never answered, and a late answer is harmless", "[unit][server]") {
  running r;
  const raw_connection open{r.url()};
  open.send("GET /hold HTTP/1.1\r\nHost: h\r\n\r\n");
  REQUIRE(eventually([&] { return r.serves.taken() == 1; }));
  r.server.reset();
  r.serves.release();
  CHECK(open.rest().empty());
}

TEST_CASE("what there is no memory for ends its connection and no other, and is complained of", "[unit][server]") {
  const running r{{.idle_timeout = 60s}};
  const auto path = GENERATE(values<std::string>({"/no-memory", "/no-memory-for-body"}));
  const raw_connection other{r.url()};
  REQUIRE(eventually([&] { return r.server->connections() == 1; }));
  CHECK(r.says("GET " + path + " HTTP/1.1\r\nHost: h\r\n\r\n").empty());
  CHECK(eventually([&] { return r.server->connections() == 1; }));
  CHECK(eventually([&] { return !r.heard().empty(); }));
  CHECK(r.heard() == std::vector<std::string>{"a connection of the server has ended: std::bad_alloc"});
  CHECK(other.exchange(last_request).find("HTTP/1.1 200") == 0);
  CHECK(r.status_of(last_request) == "HTTP/1.1 200");
}

// The thread is held twice, so that it finds this to do in this order: a connection that has come, the end, and between
// them nothing. While it accepts the connection, it takes the next one too, and is to hear of it behind the end.
TEST_CASE("a server may end while it is accepting", "[unit][server]") {
  for (int round = 0; round < 40; ++round) {
    running r;
    std::promise<void> held, held_again, go_on, end;
    r.server->post([&] {
      held.set_value();
      go_on.get_future().wait();
    });
    held.get_future().wait();
    std::vector<raw_connection> all;
    for (int connections = round % 4; connections > 0; --connections)
      all.emplace_back(r.url());
    r.server->post([&] {
      held_again.set_value();
      end.get_future().wait();
    });
    go_on.set_value();
    held_again.get_future().wait();
    auto ended = std::async(std::launch::async, [&] { r.server.reset(); });
    end.set_value();
    ended.get();
    CHECK(r.heard().empty());
  }
}

TEST_CASE("parts of an answer keep their order, whichever threads they come from", "[unit][server]") {
  const running r;
  CHECK(r.says("GET /two-threads HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n") ==
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab");
}

TEST_CASE("an answer in parts is sent as they come, and the connection serves on", "[unit][server]") {
  const running r;
  const raw_connection client{r.url()};
  client.send(held_request + last_request);
  const auto to = r.serves.held();
  CHECK(to.write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n", what_follows::more));
  CHECK(to.write("abc", what_follows::more));
  CHECK(to.write("def", what_follows::next_request));
  CHECK(!to.write("too late", what_follows::more));
  to.answer({.body = "too late"});
  const auto said = client.rest();
  CHECK(said.starts_with("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabcdefHTTP/1.1 200 OK"));
  CHECK(said.find("/last=") != std::string::npos);
  CHECK(said.find("too late") == std::string::npos);
}

TEST_CASE("a part can be the end of the connection", "[unit][server]") {
  const running r;
  const raw_connection client{r.url()}, other{r.url()};
  client.send(held_request + last_request);
  r.serves.held().write("HTTP/1.1 2", what_follows::close);
  CHECK(client.rest() == "HTTP/1.1 2");
  other.send(held_request);
  REQUIRE(eventually([&] { return r.serves.taken() == 2; }));
  r.serves.held().write("", what_follows::close);
  CHECK(other.rest().empty());
  CHECK(eventually([&] { return r.server->connections() == 0; }));
}

TEST_CASE("a connection whose client is slower than the parts of its answer is closed", "[unit][server]") {
  const running r;
  const raw_connection client{r.url()};
  client.send(held_request);
  const auto to = r.serves.held();
  const std::string part(responder::max_unsent / 4, 'x');
  CHECK(eventually([&] { return !to.write(part, what_follows::more); }));
  CHECK(eventually([&] { return r.server->connections() == 0; }));
}

TEST_CASE("a client that does not take a part in the time of a request is closed", "[unit][server]") {
  const running r{{.request_timeout = 200ms}};
  const raw_connection client{r.url()};
  client.send(held_request);
  const auto to = r.serves.held();
  CHECK(to.write("HTTP/1.1 200 OK\r\n", what_follows::more));
  std::promise<void> later;
  to.call_after(400ms, [&] { later.set_value(); }); // nobody is late while there is nothing to take
  REQUIRE(later.get_future().wait_for(20s) == std::future_status::ready);
  CHECK(r.server->connections() == 1);
  CHECK(to.write(std::string(std::size_t{32} << 20, 'x'), what_follows::more));
  CHECK(eventually([&] { return r.server->connections() == 0; }));
}

TEST_CASE("a request that nobody will answer ends its connection", "[unit][server]") {
  const running r;
  CHECK(r.says("GET /drop HTTP/1.1\r\nHost: h\r\n\r\n" + last_request).empty());
  CHECK(eventually([&] { return r.server->connections() == 0; }));
}

TEST_CASE("an answer can wait, until the end of its connection", "[unit][server]") {
  running r;
  const auto begin = std::chrono::steady_clock::now();
  const raw_connection client{r.url()};
  client.send(held_request + last_request);
  const auto to = r.serves.held();
  to.call_after(1h, [to] { to.answer({.body = "never"}); });
  to.call_after(100ms, [to] { to.answer({.body = "later"}); });
  const auto said = client.rest();
  CHECK(std::chrono::steady_clock::now() - begin >= 100ms);
  CHECK(said.find("later") < said.find("/last="));
  CHECK(said.find("never") == std::string::npos);

  const raw_connection other{r.url()};
  other.send(held_request);
  REQUIRE(eventually([&] { return r.serves.taken() == 3; }));
  const auto alive = std::make_shared<int>(0);
  r.serves.held().call_after(1h, [alive] {});
  r.server.reset();
  CHECK(other.rest().empty());
  CHECK(alive.use_count() == 1);
}

TEST_CASE("a request on a connection that has just been closed is not taken", "[unit][server]") {
  const running r{{.max_connections = 2}};
  const raw_connection held{r.url()}, gives_way{r.url()};
  held.send(held_request);
  REQUIRE(eventually([&] { return r.serves.taken() == 1 && r.server->connections() == 2; }));
  std::promise<void> stopped, go_on;
  r.server->post([&] {
    stopped.set_value();
    go_on.get_future().wait();
  });
  stopped.get_future().wait();
  // Its header has been read when the next connection takes its place.
  gives_way.send(held_request);
  const raw_connection next{r.url()};
  go_on.set_value();
  CHECK(next.exchange(last_request).find("/last=") != std::string::npos);
  CHECK(gives_way.rest().empty());
  CHECK(r.serves.taken() == 2);
  CHECK(eventually([&] { return r.server->connections() == 1; }));
}
