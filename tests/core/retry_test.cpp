#include "support/catch.hpp"

#include <climits>

#include "core/restart_budget.hpp"
#include "core/retry.hpp"
#include "core/retry_after.hpp"

using namespace sluice;
using namespace std::chrono_literals;

namespace {

milliseconds delay(int attempts, double chance, std::optional<milliseconds> asked = {}) {
  return retry_delay({}, attempts, chance, asked);
}

const auto now = std::chrono::system_clock::from_time_t(784'111'770); // Sun, 06 Nov 1994 08:49:30 GMT

} // namespace

TEST_CASE("the backoff is uniform below a ceiling that doubles up to the cap", "[core][retry]") {
  CHECK(delay(1, 0.0) == 0ms);
  CHECK(delay(1, 1.0) == 500ms);
  CHECK(delay(1, 0.5) == 250ms);
  CHECK(delay(2, 1.0) == 1s);
  CHECK(delay(7, 1.0) == 32s);
  CHECK(delay(8, 1.0) == 60s);
  CHECK(delay(1'000'000, 1.0) == 60s);
  CHECK(delay(INT_MAX - 1, 0.5) == 30s);
}

TEST_CASE("what the server asks for is a lower bound, up to its cap", "[core][retry]") {
  CHECK(delay(1, 0.5, 7s) == 7s);
  CHECK(delay(8, 1.0, 7s) == 60s);
  CHECK(delay(1, 0.5, 24h) == 15min);
}

TEST_CASE("after max_attempts it gives up, not before", "[core][retry]") {
  retry_options o;
  o.max_attempts = 3;
  CHECK(judge_retry(o, 2, 24h * 365) == retry_verdict::again);
  CHECK(judge_retry(o, 3, 0ms) == retry_verdict::exhausted);
  CHECK(judge_retry(o, 4, 0ms) == retry_verdict::exhausted);
}

TEST_CASE("at max_age it gives up, however few attempts there were", "[core][retry]") {
  retry_options o;
  o.max_age = 1h;
  CHECK(judge_retry(o, 1, 1h - 1ms) == retry_verdict::again);
  CHECK(judge_retry(o, 1, 1h) == retry_verdict::expired);
  CHECK(judge_retry(o, 1, -5s) == retry_verdict::again); // the clock of the store may be another
}

TEST_CASE("Retry-After is seconds", "[core][retry]") {
  CHECK(parse_retry_after("120", now) == 120s);
  CHECK(parse_retry_after(" 0 ", now) == 0s);
  CHECK(parse_retry_after("99999999999999999999999", now) == 365 * 24h);
}

TEST_CASE("Retry-After is an HTTP date of any of the three forms", "[core][retry]") {
  CHECK(parse_retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now) == 7s);
  CHECK(parse_retry_after("Sunday, 06-Nov-94 08:49:37 GMT", now) == 7s);
  CHECK(parse_retry_after("Sun Nov  6 08:49:37 1994", now) == 7s);
  CHECK(parse_retry_after("Sun, 06 Nov 1994 08:49:00 GMT", now) == 0s);
}

TEST_CASE("a Retry-After that makes no sense is none", "[core][retry]") {
  for (const char* text : {"", "-1", "1.5", "soon", "Sun, 06 Nov 1994", "12x"})
    CHECK(parse_retry_after(text, now) == std::nullopt);
}

TEST_CASE("a restart budget is spent within its window and comes back after it", "[core][restarts]") {
  const restart_budget::time t{};
  restart_budget b{2, 10s};
  CHECK(b.spend(t));
  CHECK(b.spend(t + 1s));
  CHECK(!b.spend(t + 9s));
  CHECK(b.spend(t + 10s));
  CHECK(!b.spend(t + 10s));
  CHECK(b.spend(t + 11s));
  CHECK(!restart_budget{0, 10s}.spend(t));
}
