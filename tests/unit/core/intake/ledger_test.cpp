#include "support/catch.hpp"

#include "core/intake/ledger.hpp"

using namespace sluice;

namespace {

batch_ptr numbered(std::uint64_t sequence, std::uint32_t n) {
  return std::make_shared<const batch>(batch{.id = std::to_string(sequence), .events = n});
}

cut of(std::uint32_t n) {
  cut c;
  c.events = n;
  c.event_bytes = 10 * n;
  return c;
}

struct books {
  explicit books(bool durable, bool shared = false) : intake{options{}}, ledger{intake, durable, shared} {
    for (int i = 0; i < 30; ++i)
      intake.offer("0123456789", "id");
    ledger.taken(30);
    ledger.open(1, numbered(1, 20), of(20));
    ledger.open(2, numbered(2, 10), of(10));
  }
  sluice::intake intake;
  class ledger ledger;
};

} // namespace

TEST_CASE("in memory mode events are released at their end, with a durable store when they are stored",
          "[core][ledger]") {
  books memory{false};
  memory.ledger.stored(1, true);
  CHECK(memory.intake.depth() == 30);
  memory.ledger.ended(1, 20, true);
  CHECK(memory.intake.depth() == 10);
  CHECK(memory.intake.depth_bytes() == 100);
  books durable{true};
  durable.ledger.stored(1, true);
  CHECK(durable.intake.depth() == 10);
  durable.ledger.ended(1, 20, true);
  CHECK(durable.intake.depth() == 10);
}

TEST_CASE("news that come twice, or of another process's batch, change nothing", "[core][ledger]") {
  books b{false};
  for (int i = 0; i < 2; ++i) {
    b.ledger.stored(1, true);
    b.ledger.failed_once(99);
    b.ledger.ended(1, 20, true);
    b.ledger.ended(99, 5, false);
  }
  CHECK(b.intake.totals().snapshot().stored == 20);
  CHECK(b.intake.totals().snapshot().delivered == 20);
  CHECK(b.intake.totals().snapshot().dead == 0);
  CHECK(b.intake.depth() == 10);
}

TEST_CASE("the halves of a split end one by one", "[core][ledger]") {
  books b{false};
  b.ledger.failed_once(1);
  CHECK(b.intake.totals().snapshot().retrying == 20);
  b.ledger.ended(1, 7, true);
  b.ledger.ended(1, 13, false);
  CHECK(b.intake.totals().snapshot().delivered == 7);
  CHECK(b.intake.totals().snapshot().dead == 13);
  CHECK(b.intake.totals().snapshot().retrying == 0);
  CHECK(b.intake.depth() == 10);
  CHECK(b.intake.depth_bytes() == 100);
}

TEST_CASE("a flush watches what was taken before it, and nothing else", "[core][ledger]") {
  books b{false};
  b.ledger.ended(1, 20, true);
  const auto flush = b.ledger.begin_flush();
  b.ledger.taken(5);
  b.ledger.open(3, numbered(3, 5), of(5));
  b.ledger.ended(3, 5, true);
  CHECK(!b.ledger.flushed(flush));
  b.ledger.stored(2, true);
  CHECK(b.ledger.report(flush).stored == 10);
  b.ledger.ended(2, 10, false);
  CHECK(b.ledger.flushed(flush));
  const auto r = b.ledger.report(flush);
  CHECK(r.delivered == 20);
  CHECK(r.dead == 10);
  CHECK(r.stored + r.waiting == 0);
}

TEST_CASE("of a shared queue only what is in this process's hands is watched", "[core][ledger]") {
  books b{true, true};
  const auto flush = b.ledger.begin_flush();
  b.ledger.stored(1, false); // whoever comes first may deliver it
  b.ledger.stored(2, true);  // leased to this process
  CHECK(!b.ledger.flushed(flush));
  CHECK(b.intake.depth() == 0);
  SECTION("delivered by this process") {
    b.ledger.ended(2, 10, true);
    b.ledger.ended(1, 20, true); // it came back
    CHECK(b.ledger.report(flush).delivered == 30);
    CHECK(b.intake.totals().snapshot().delivered == 30);
    CHECK(b.intake.totals().snapshot().waiting() == 0);
  }
  SECTION("failed once, and then anybody's") {
    b.ledger.failed_once(2);
    CHECK(b.intake.totals().snapshot().retrying == 0);
    CHECK(b.ledger.report(flush).stored == 30);
  }
  SECTION("given back") {
    b.ledger.returned(2);
    CHECK(b.ledger.report(flush).stored == 30);
  }
  CHECK(b.ledger.flushed(flush));
  CHECK(b.ledger.report(flush).waiting == 0);
}

TEST_CASE("what an emptied store had is lost, but for what is kept or was never stored", "[core][ledger]") {
  books b{true};
  b.ledger.stored(1, true);
  b.ledger.failed_once(1);
  CHECK(b.ledger.forgotten({1}) == 0);
  CHECK(b.ledger.forgotten({}) == 20);
  CHECK(b.ledger.forgotten({}) == 0);
  const auto totals = b.intake.totals().snapshot();
  CHECK(totals.lost == 20);
  CHECK(totals.retrying == 0);
  CHECK(totals.waiting() == 10);
}
