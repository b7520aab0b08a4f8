#include "support/catch.hpp"

#include <climits>

#include "core/delivery/retry.hpp"

using namespace sluice;
using namespace std::chrono_literals;

namespace {

milliseconds delay(int attempts, double chance, std::optional<milliseconds> asked = {}) {
  return retry_delay({}, attempts, chance, asked);
}

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
  CHECK(capped({}, 7s) == 7s);
  CHECK(capped({}, 24h) == 15min);
  CHECK(!capped({}, {}));
}

TEST_CASE("after max_attempts it gives up, not before", "[core][retry]") {
  retry_options o;
  o.max_attempts = 3;
  CHECK(reached_limit(o, 2, 24h * 365) == retry_limit::none);
  CHECK(reached_limit(o, 3, 0ms) == retry_limit::max_attempts);
  CHECK(reached_limit(o, 4, 0ms) == retry_limit::max_attempts);
}

TEST_CASE("at max_age it gives up, however few attempts there were", "[core][retry]") {
  retry_options o;
  o.max_age = 1h;
  CHECK(reached_limit(o, 1, 1h - 1ms) == retry_limit::none);
  CHECK(reached_limit(o, 1, 1h) == retry_limit::max_age);
  CHECK(reached_limit(o, 1, -5s) == retry_limit::none); // the clock of the store may be another
}
