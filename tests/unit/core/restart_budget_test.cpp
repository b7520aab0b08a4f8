#include "support/catch.hpp"

#include "core/restart_budget.hpp"

using namespace sluice;
using namespace std::chrono_literals;

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
