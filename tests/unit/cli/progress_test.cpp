#include "support/catch.hpp"

#include "cli/progress.hpp"

using namespace sluice;

TEST_CASE("the progress line shows what is delivered, or what is stored if that is all", "[cli]") {
  const counts totals{.stored = 70, .delivered = 50, .dead = 2, .retrying = 5};
  CHECK(progress_line(80, totals, 30, false) == "read 80  stored 70  delivered 50  retrying 5  dead 2  30 events/s");
  CHECK(progress_line(80, {.stored = 70}, 40, true) == "read 80  stored 70  40 events/s");
}
