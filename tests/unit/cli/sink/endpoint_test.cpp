#include "support/catch.hpp"

#include "cli/sink/endpoint.hpp"
#include "support/raw_http.hpp"

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

namespace {

// A sink that does this to every request.
sink_endpoint always(const fault& f) {
  return {fault_script{{{.effect = f}}, 1}, *sink_record::open("")};
}

sink_reply ask(sink_endpoint& e, bool keep_alive = true) {
  static const auto body = batch_body({"m1", "m2"});
  return e.take({.method = "POST",
                 .target = "/v1/batch",
                 .authorization = "Basic azo=",
                 .content_type = "application/json",
                 .user_agent = "x",
                 .idempotency_key = "b1",
                 .keep_alive = keep_alive},
                body, 0ms);
}

bool begins_with(const std::string& text, const std::string& prefix) {
  return text.compare(0, prefix.size(), prefix) == 0;
}

} // namespace

TEST_CASE("without a fault events are taken, and the connection serves on", "[cli][sink]") {
  auto e = always({});
  const auto r = ask(e);
  CHECK(r.bytes == "HTTP/1.1 200 \r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
  CHECK(r.at_once == r.bytes.size());
  CHECK(!r.close);
  CHECK(e.counts().requests == 1);
  CHECK(e.counts().received == 2);
  CHECK(e.counts().failed == 0);
  const auto last = ask(e, false);
  CHECK(last.close);
  CHECK(last.bytes.find("Connection: close\r\n") != std::string::npos);
}

TEST_CASE("a status that is no success takes nothing, and headers are added or take the place of others",
          "[cli][sink]") {
  auto e = always({.status = 429, .headers = {{"Retry-After", "2"}, {"content-type", "text/plain"}}, .latency = 7ms});
  const auto r = ask(e);
  CHECK(begins_with(r.bytes, "HTTP/1.1 429 \r\n"));
  CHECK(r.bytes.find("\r\nRetry-After: 2\r\n") != std::string::npos);
  CHECK(r.bytes.find("\r\ncontent-type: text/plain\r\n") != std::string::npos);
  CHECK(r.bytes.find("application/json") == std::string::npos);
  CHECK(r.latency == 7ms);
  CHECK(!r.close);
  CHECK(e.counts().received == 0);
  CHECK(e.counts().failed == 1);
}

TEST_CASE("a status without a body has none", "[cli][sink]") {
  auto e = always({.status = 204, .body_bytes = 9});
  CHECK(ask(e).bytes == "HTTP/1.1 204 \r\n\r\n");
  CHECK(e.counts().received == 2);
}

TEST_CASE("cut before, nothing is taken or said, and cut after, it is taken and not said", "[cli][sink]") {
  auto before = always({.cut = fault_cut::before});
  auto after = always({.cut = fault_cut::after});
  for (auto* e : {&before, &after}) {
    const auto r = ask(*e);
    CHECK(r.bytes.empty());
    CHECK(r.at_once == 0);
    CHECK(r.close);
  }
  CHECK(before.counts().received == 0);
  CHECK(before.counts().failed == 1);
  CHECK(after.counts().received == 2);
  CHECK(after.counts().failed == 0);
}

TEST_CASE("cut inside: half of the reply", "[cli][sink]") {
  auto whole = always({.body_bytes = 1'000});
  auto cut = always({.cut = fault_cut::inside, .body_bytes = 1'000});
  const auto all = ask(whole).bytes;
  const auto r = ask(cut);
  CHECK(r.bytes == all.substr(0, all.size() / 2));
  CHECK(r.close);
  CHECK(cut.counts().received == 2);
}

TEST_CASE("garbage is no HTTP, and ends the connection", "[cli][sink]") {
  auto e = always({.garbage = true});
  const auto r = ask(e);
  CHECK(!r.bytes.empty());
  CHECK(!begins_with(r.bytes, "HTTP"));
  CHECK(r.close);
}

TEST_CASE("a slow body: the head at once, then byte by byte", "[cli][sink]") {
  auto e = always({.slow_body = 5ms});
  const auto r = ask(e);
  CHECK(r.bytes.substr(r.at_once) == "{}" + std::string(62, ' '));
  CHECK(r.byte_every == 5ms);
  auto shorter = always({.slow_body = 5ms, .body_bytes = 3});
  const auto s = ask(shorter);
  CHECK(s.bytes.substr(s.at_once) == "{} ");
  CHECK(s.bytes.find("Content-Length: 3\r\n") != std::string::npos);
}

TEST_CASE("what breaks the contract is told so, whatever the script says, and has a number", "[cli][sink]") {
  sink_endpoint e{fault_script{{{.when = {.last = 1}, .effect = {.status = 503}}}, 1}, *sink_record::open("")};
  const auto r = e.take({.method = "GET"}, "", 0ms);
  CHECK(begins_with(r.bytes, "HTTP/1.1 400 \r\n"));
  CHECK(r.bytes.find("{\"error\":\"method: POST was expected\"}") != std::string::npos);
  CHECK(e.counts().broken == 1);
  CHECK(begins_with(ask(e).bytes, "HTTP/1.1 200 \r\n")); // it is the second
}

TEST_CASE("what cannot be recorded is not taken", "[cli][sink]") {
  sink_endpoint e{fault_script{{}, 1}, *sink_record::open("/dev/full")};
  CHECK(begins_with(ask(e).bytes, "HTTP/1.1 500 \r\n"));
  CHECK(e.counts().received == 0);
}
