#include "support/catch.hpp"

#include "cli/deliver/job_ledger.hpp"

using namespace sluice;

TEST_CASE("the exit status says what became of the events, the most serious first", "[cli][ledger]") {
  job_ledger ledger{.read = 5, .accepted = 5, .delivered = 5, .retries = 3};
  CHECK(status_of(ledger) == 0);
  ledger.waiting = 1;
  CHECK(status_of(ledger) == 6);
  ledger.rejected = 1;
  CHECK(status_of(ledger) == 4);
  ledger.dead = 1;
  CHECK(status_of(ledger) == 5);
  ledger.lost = 1;
  CHECK(status_of(ledger) == 1);
}
