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

TEST_CASE("the ledger ends with the last failure, if there was one", "[cli][ledger]") {
  job_ledger ledger{.accepted = 1, .waiting = 1};
  CHECK(to_text(ledger, 1).find("last failure") == std::string::npos);
  CHECK(to_json(ledger).find(R"("last_failure":"")") != std::string::npos);
  close_ledger(ledger, {.accepted = 1, .stored = 1, .last_failure = "status 503: \x1b[2J"}, 1);
  const auto text = to_text(ledger, 1);
  CHECK(text.substr(text.rfind('\n', text.size() - 2) + 1) == "last failure: status 503: \\u001b[2J\n");
  CHECK(to_json(ledger).find(R"("last_failure":"status 503: \u001b[2J"})") != std::string::npos);
}
