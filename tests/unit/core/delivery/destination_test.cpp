#include "support/catch.hpp"

#include "core/delivery/destination.hpp"

using namespace sluice;
using namespace std::chrono_literals;

namespace {

using time_point = destination::time;

// A destination and a clock; waits are neither shortened nor lengthened.
struct under_test {
  explicit under_test(std::size_t most = 8) : d{with(most)} {}
  static options with(std::size_t most) {
    options o;
    o.max_in_flight = most;
    o.breaker = {.failures = 5, .probe = 1s, .probe_cap = 30s};
    return o;
  }
  void note(outcome what, std::optional<milliseconds> asked = {}) { d.note(what, now, asked, 0.5); }
  void pass(milliseconds t) {
    now += t;
    d.tick(now);
  }

  destination d;
  time_point now{};
};

} // namespace

TEST_CASE("a misconfigured destination is probed once at a time", "[core][destination]") {
  under_test t;
  CHECK(t.d.capacity() == 8);
  t.note(outcome::misconfigured);
  CHECK(t.d.health() == health::misconfigured);
  CHECK(t.d.capacity() == 0);
  t.pass(1s);
  t.note(outcome::misconfigured); // others that were under way
  t.note(outcome::delivered);
  CHECK(t.d.probe_at() == time_point{} + 30s);
  t.pass(28s);
  CHECK(t.d.capacity() == 0);
  t.pass(1s);
  CHECK(t.d.capacity() == 1);
  t.note(outcome::misconfigured);
  CHECK(t.d.capacity() == 0);
  t.pass(30s);
  t.note(outcome::unreachable); // says nothing about the key
  CHECK(t.d.health() == health::misconfigured);
  t.pass(30s);
  t.note(outcome::permanent); // any other answer does
  CHECK(t.d.health() == health::healthy);
  CHECK(t.d.capacity() == 1);
}

TEST_CASE("failures in a row to reach it open the breaker, an answer in between does not let them", "[core][breaker]") {
  under_test t;
  for (int i = 0; i < 4; ++i)
    t.note(outcome::unreachable);
  t.note(outcome::retryable); // as 500
  for (int i = 0; i < 4; ++i)
    t.note(outcome::unreachable);
  CHECK(t.d.capacity() == 8);
  t.note(outcome::cancelled);
  t.note(outcome::unreachable);
  CHECK(t.d.health() == health::unavailable);
  CHECK(t.d.capacity() == 0);
}

TEST_CASE("the waits for a probe double up to their cap, and an answer begins them anew", "[core][breaker]") {
  under_test t;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 5; ++i)
      t.note(outcome::unreachable);
    for (const auto wait : {1s, 2s, 4s, 8s, 16s, 30s, 30s}) {
      CHECK(t.d.capacity() == 0);
      CHECK(t.d.probe_at() == t.now + wait);
      t.pass(wait);
      CHECK(t.d.capacity() == 1);
      t.note(outcome::unreachable);
    }
    t.pass(30s);
    t.note(outcome::delivered);
    CHECK(t.d.health() == health::healthy);
  }
}

TEST_CASE("waits for a probe are up to a fifth longer or shorter, at random", "[core][breaker]") {
  for (const auto& [chance, wait] : {std::pair{0.0, 800ms}, {1.0, 1'200ms}}) {
    destination d{under_test::with(8)};
    for (int i = 0; i < 5; ++i)
      d.note(outcome::unreachable, {}, {}, chance);
    CHECK(d.probe_at() == time_point{} + wait);
  }
}

TEST_CASE("429 pauses the destination for as long as it asks, whatever else was under way", "[core][destination]") {
  under_test t;
  t.note(outcome::throttled, 7s);
  CHECK(t.d.health() == health::unavailable);
  CHECK(t.d.capacity() == 0);
  t.note(outcome::delivered); // was under way
  t.note(outcome::throttled, 5s);
  CHECK(t.d.probe_at() == time_point{} + 7s);
  t.note(outcome::throttled, 9s);
  CHECK(t.d.probe_at() == time_point{} + 9s);
  t.pass(9s);
  CHECK(t.d.capacity() == 1);
  t.note(outcome::throttled); // and asks for no time
  CHECK(t.d.probe_at() == t.now + 2s);
}

TEST_CASE("deliveries come back little by little: quickly up to half of what it took, slower from there",
          "[core][destination]") {
  under_test t;
  t.note(outcome::throttled);
  t.pass(1s);
  std::vector<std::size_t> capacities;
  for (int i = 0; i < 40; ++i) {
    t.note(outcome::delivered);
    capacities.push_back(t.d.capacity());
  }
  CHECK(std::vector(capacities.begin(), capacities.begin() + 5) == std::vector<std::size_t>{2, 3, 4, 4, 4});
  CHECK(std::is_sorted(capacities.begin(), capacities.end()));
  CHECK(capacities[10] < 8);
  CHECK(capacities.back() == 8);
  // Throttled again on the way, it knows better.
  under_test again;
  again.note(outcome::throttled);
  again.pass(1s);
  for (int i = 0; i < 3; ++i)
    again.note(outcome::delivered);
  again.note(outcome::throttled);
  again.pass(1s);
  again.note(outcome::delivered);
  CHECK(again.d.capacity() == 2);
  again.note(outcome::delivered);
  CHECK(again.d.capacity() == 2);
}

TEST_CASE("an operator's resume makes it healthy at once", "[core][destination]") {
  for (const auto what : {outcome::misconfigured, outcome::throttled}) {
    under_test t;
    t.note(what);
    t.d.resume();
    CHECK(t.d.health() == health::healthy);
    CHECK(t.d.capacity() == 8);
    CHECK(!t.d.probe_at());
  }
}

TEST_CASE("with one delivery at a time there is one", "[core][destination]") {
  under_test t{1};
  CHECK(t.d.capacity() == 1);
  t.note(outcome::throttled);
  t.pass(1s);
  t.note(outcome::delivered);
  CHECK(t.d.capacity() == 1);
}
