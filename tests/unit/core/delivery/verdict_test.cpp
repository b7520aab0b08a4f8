#include "support/catch.hpp"

#include <optional>
#include <vector>

#include "core/delivery/verdict.hpp"

using namespace sluice;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::system_clock::time_point midday{1'700'000'000s};
constexpr health all_healths[] = {health::healthy, health::unavailable, health::misconfigured};

std::string show(const lease& l) {
  return l.id + "/" + std::to_string(l.fence);
}

std::string show(const failure_note& why) {
  return "[" + std::to_string(why.status) + " " + why.reason + "]";
}

struct verdict_text {
  std::string operator()(const settlement& s) const { return std::visit(*this, s); }
  std::string operator()(const ack& x) const { return "ack " + show(x.lease); }
  std::string operator()(const release& x) const { return "release " + show(x.lease); }
  std::string operator()(const defer& x) const {
    return "defer " + show(x.lease) + " by " + std::to_string(x.delay.count()) + " ms " + show(x.why);
  }
  std::string operator()(const split& x) const {
    return "split " + show(x.lease) + " into " + x.first->id + " of " + std::to_string(x.first->events) + " and " +
           x.second->id + " of " + std::to_string(x.second->events);
  }
  std::string operator()(const attempt_failed& x) const {
    return "attempt " + std::to_string(x.attempts) + " of " + show(x.lease) + " failed " + show(x.why) +
           (x.asked ? " asked " + std::to_string(x.asked->count()) + " ms" : "");
  }
  std::string operator()(const undeliverable& x) const {
    return (x.expired ? "expired " : "undeliverable ") + show(x.lease) + " " + show(x.why);
  }
  template <class Other>
  std::string operator()(const Other&) const {
    return "something else";
  }
};

std::string show(const verdict& v) {
  return std::visit(verdict_text{}, v);
}

// A batch of 20 events with two failed attempts, an hour old, the last 20 minutes under a lease that ends now.
struct attempt_under_test {
  verdict judge_it() {
    const auto payload_of_events = sealer.seal(events, true, midday);
    batch.content = std::make_shared<const sluice::batch>(
        sluice::batch{.id = "b",
                      .events = count,
                      .payload = std::make_shared<const std::string>(payload.value_or(*payload_of_events))});
    end.found = classify(response, count);
    return judge(batch, end, settings, sealer);
  }
  std::string step() { return show(judge_it()); }
  std::string step_with(health before, health after) {
    end.before = before;
    end.after = after;
    return step();
  }
  std::string step_with(delivery_response r, health before = health::healthy, health after = health::healthy) {
    response = std::move(r);
    return step_with(before, after);
  }

  void hold_events(std::uint32_t n) {
    count = n;
    events.clear();
    for (std::uint32_t i = 0; i < n; ++i)
      events += (i ? ",\n" : "") + ("{\"messageId\":\"m" + std::to_string(i) + "\"}");
  }

  attempt_under_test() { hold_events(20); }

  options settings;
  payload_sealer sealer;
  std::uint32_t count = 0;
  std::string events;
  /// In the place of one that holds the events.
  std::optional<std::string> payload;
  leased_batch batch{.fence = 7, .attempts = 2, .age = 40min};
  delivery_response response;
  ended_attempt end{.until_probe = 500ms, .leased_for = 20min, .now = midday};
};

} // namespace

TEST_CASE("the outcome and the destination's health around it decide what becomes of a batch", "[core][verdict]") {
  struct row {
    delivery_response response;
    std::vector<health> before, after; ///< Empty: any.
    std::string verdict;
  };
  const std::vector<health> any, healthy{health::healthy}, unavailable{health::unavailable},
      misconfigured{health::misconfigured}, not_healthy{health::unavailable, health::misconfigured},
      not_misconfigured{health::healthy, health::unavailable};
  const delivery_response no_response{.failure = transport_failure::timeout};
  const delivery_response cancelled{.failure = transport_failure::cancelled};
  const std::vector<row> table{
      {{.status = 200}, any, any, "ack b/7"},
      {{.status = 500}, any, any, "attempt 3 of b/7 failed [500 HTTP 500]"},
      {no_response, not_misconfigured, healthy, "attempt 3 of b/7 failed [0 timed out]"},
      {no_response, not_misconfigured, not_healthy, "defer b/7 by 501 ms [0 timed out]"},
      {no_response, misconfigured, any, "release b/7"},
      {{.status = 503}, not_misconfigured, healthy, "attempt 3 of b/7 failed [503 HTTP 503]"},
      {{.status = 503}, not_misconfigured, not_healthy, "defer b/7 by 501 ms [503 HTTP 503]"},
      {{.status = 503}, misconfigured, any, "release b/7"},
      {{.status = 429}, healthy, any, "attempt 3 of b/7 failed [429 HTTP 429]"},
      {{.status = 429}, not_healthy, any, "defer b/7 by 501 ms [429 HTTP 429]"},
      {{.status = 400}, any, any, "split b/7 into b.0 of 10 and b.1 of 10"},
      {{.status = 413}, any, any, "split b/7 into b.0 of 10 and b.1 of 10"},
      {{.status = 401}, any, any, "release b/7"},
      {{.status = 422}, any, any, "undeliverable b/7 [422 HTTP 422]"},
      {cancelled, any, any, "release b/7"},
  };
  const auto applies = [](const std::vector<health>& to, health h) {
    return to.empty() || std::find(to.begin(), to.end(), h) != to.end();
  };
  std::size_t reached = 0;
  attempt_under_test t;
  for (const auto& r : table)
    for (const auto before : all_healths)
      for (const auto after : all_healths)
        if (applies(r.before, before) && applies(r.after, after)) {
          INFO("before " << static_cast<int>(before) << ", after " << static_cast<int>(after));
          CHECK(t.step_with(r.response, before, after) == r.verdict);
          ++reached;
        }
  CHECK(reached == 10 * 9); // ten answers, each with every health before and after
}

TEST_CASE("the attempt that reaches max_attempts is the last, and one that is not counted does not",
          "[core][verdict]") {
  attempt_under_test t;
  t.settings.retry.max_attempts = 3;
  t.response = {.status = 503, .detail = "overloaded"};
  CHECK(t.step() == "undeliverable b/7 [503 gave up after 3 attempts: HTTP 503: overloaded]");
  CHECK(t.step_with(health::healthy, health::unavailable) == "defer b/7 by 501 ms [503 HTTP 503: overloaded]");
  t.batch.attempts = 1;
  CHECK(t.step_with(health::healthy, health::healthy) == "attempt 2 of b/7 failed [503 HTTP 503: overloaded]");
}

TEST_CASE("a batch that fails at max_age expires, whether the attempt counts or not", "[core][verdict]") {
  attempt_under_test t;
  t.settings.retry.max_age = 1h;
  const std::string expired = "expired b/7 [503 gave up at the age of retry.max_age: HTTP 503]";
  CHECK(t.step_with({.status = 503}) == expired);
  CHECK(t.step_with(health::unavailable, health::unavailable) == expired);
  CHECK(t.step_with(health::misconfigured, health::misconfigured) == "release b/7");
  CHECK(t.step_with({.status = 200}) == "ack b/7");
  t.settings.retry.max_age = 1h + 1ms;
  CHECK(t.step_with({.status = 503}) == "attempt 3 of b/7 failed [503 HTTP 503]");
  t.settings.retry = {.max_attempts = 3, .max_age = 1h};
  CHECK(t.step() == "undeliverable b/7 [503 gave up after 3 attempts: HTTP 503]");
}

TEST_CASE("a deferred batch comes back after the probe, never with it", "[core][verdict]") {
  for (const auto& [until, delay] :
       {std::pair<std::chrono::nanoseconds, std::string>{0ns, "1"}, {1ms, "2"}, {1ms + 1ns, "3"}, {15s, "15001"}}) {
    attempt_under_test t;
    t.end.until_probe = until;
    CHECK(t.step_with({.status = 429}, health::unavailable, health::unavailable) ==
          "defer b/7 by " + delay + " ms [429 HTTP 429]");
  }
}

TEST_CASE("what the server asks for goes to the retry scheduler", "[core][verdict]") {
  attempt_under_test t;
  t.end.asked = 7s;
  CHECK(t.step_with({.status = 500}) == "attempt 3 of b/7 failed [500 HTTP 500] asked 7000 ms");
  CHECK(t.step_with({.status = 429}) == "attempt 3 of b/7 failed [429 HTTP 429] asked 7000 ms");
}

TEST_CASE("a single event that is refused is undeliverable by the server's words", "[core][verdict]") {
  attempt_under_test t;
  t.hold_events(1);
  CHECK(t.step_with({.status = 413, .detail = "too large"}) == "undeliverable b/7 [413 HTTP 413: too large]");
  CHECK(t.step_with({.status = 400}) == "undeliverable b/7 [400 HTTP 400]");
}

TEST_CASE("the halves of a batch hold its events in their order", "[core][verdict]") {
  attempt_under_test t;
  t.hold_events(3);
  t.response = {.status = 400};
  const auto v = t.judge_it();
  REQUIRE(show(v) == "split b/7 into b.0 of 1 and b.1 of 2");
  const auto& halves = std::get<split>(std::get<settlement>(v));
  CHECK(*message_ids_of(*halves.first->payload) == std::vector<std::string>{"m0"});
  CHECK(*message_ids_of(*halves.second->payload) == std::vector<std::string>{"m1", "m2"});
}

TEST_CASE("a batch that cannot be split is undeliverable", "[core][verdict]") {
  attempt_under_test t;
  t.response = {.status = 400, .detail = "bad"};
  const std::string verdict = "undeliverable b/7 [400 HTTP 400: bad]";
  SECTION("its payload is malformed") {
    t.payload = "none";
    CHECK(t.step() == verdict);
  }
  SECTION("its payload holds fewer events than it says") {
    t.hold_events(1);
    t.count = 20;
    CHECK(t.step() == verdict);
  }
}

TEST_CASE("a batch with a malformed payload is undeliverable without an attempt", "[core][verdict]") {
  const auto body = attempt_of("none", midday);
  REQUIRE(!body);
  const leased_batch b{.content = std::make_shared<const batch>(batch{.id = "b"}), .fence = 7};
  CHECK(show(judge_malformed(b, body.error())) == "undeliverable b/7 [0 malformed payload: the payload is damaged]");
}
