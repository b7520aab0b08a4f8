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
  explicit books(bool durable, deliverers who = deliverers::this_one)
      : intake{options{}}, ledger{intake, durable, who} {
    for (int i = 0; i < 30; ++i)
      intake.offer("0123456789", "id");
    ledger.taken(30);
    ledger.open(1, numbered(1, 20), of(20));
    ledger.open(2, numbered(2, 10), of(10));
  }
  sluice::counts counts() { return intake.totals().snapshot(); }
  void check_sum() {
    const auto c = counts();
    CHECK(c.accepted + c.recovered == c.delivered + c.dead + c.ended_elsewhere + c.lost + c.waiting);
  }
  sluice::intake intake;
  class ledger ledger;
};

using numbers = std::vector<std::uint64_t>;

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

TEST_CASE("news that come twice change nothing", "[core][ledger]") {
  books b{false};
  for (int i = 0; i < 2; ++i) {
    b.ledger.stored(1, true);
    b.ledger.failed_once(99);
  }
  b.ledger.ended(1, 20, true);
  b.ledger.stored(1, true);
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

TEST_CASE("for a process that only enqueues, a batch that is stored has reached its end", "[core][ledger]") {
  books b{true, deliverers::others};
  const auto flush = b.ledger.begin_flush();
  b.ledger.stored(1, false);
  CHECK(!b.ledger.flushed(flush));
  CHECK(b.ledger.report(flush).stored == 20);
  CHECK(b.ledger.report(flush).waiting == 10);
  b.ledger.stored(2, false);
  CHECK(b.ledger.flushed(flush));
  CHECK(b.ledger.report(flush).stored == 30);
  CHECK(b.ledger.report(flush).waiting == 0);
  CHECK(b.intake.depth() == 0);
  CHECK(b.counts().in_store == 30);
  // Nobody asks what others have made of it.
  const auto search = b.ledger.begin_search();
  CHECK(b.ledger.searched(search));
  b.ledger.store_went_back();
  CHECK(b.ledger.next_page(500).empty());
  CHECK(b.counts().lost == 0);
  CHECK(b.counts().in_store == 30);
  b.check_sum();
}

TEST_CASE("of a shared queue only what is in this process's hands is watched", "[core][ledger]") {
  books b{true, deliverers::any};
  const auto flush = b.ledger.begin_flush();
  b.ledger.stored(1, false); // whoever comes first may deliver it
  b.ledger.stored(2, true);  // leased to this process
  CHECK(!b.ledger.flushed(flush));
  CHECK(b.intake.depth() == 0);
  SECTION("delivered by this process") {
    b.ledger.ended(2, 10, true);
    b.ledger.ended(1, 20, true); // it came back
    CHECK(b.ledger.report(flush).delivered == 30);
    CHECK(b.counts().delivered == 30);
    CHECK(b.counts().waiting == 0);
  }
  SECTION("failed once, and then anybody's") {
    b.ledger.failed_once(2);
    CHECK(b.counts().retrying == 0);
    CHECK(b.ledger.report(flush).stored == 30);
  }
  SECTION("given back") {
    b.ledger.returned(2);
    CHECK(b.ledger.report(flush).stored == 30);
  }
  CHECK(b.ledger.flushed(flush));
  CHECK(b.ledger.report(flush).waiting == 0);
}

TEST_CASE("an end of what had ended is recovered, and no count wraps", "[core][ledger]") {
  books b{true, deliverers::any};
  b.ledger.stored(1, true);
  b.ledger.ended(1, 20, false); // dead, replayed, and delivered
  b.ledger.ended(1, 20, true);
  CHECK(b.counts().dead == 20);
  CHECK(b.counts().delivered == 20);
  CHECK(b.counts().recovered == 20);
  CHECK(b.counts().waiting == 10);
  b.check_sum();
}

TEST_CASE("what is missing has ended elsewhere as far as the store knows of that, and the rest is lost",
          "[core][ledger]") {
  books b{true, deliverers::any};
  b.ledger.stored(1, false);
  b.ledger.stored(2, false);
  const auto flush = b.ledger.begin_flush();
  const auto search = b.ledger.begin_search();
  REQUIRE(b.ledger.next_page(500) == numbers{1, 2});
  SECTION("all of it") {
    CHECK(b.ledger.found({1, 2}, {{.elsewhere = 20}, {.elsewhere = 10}}, {{}}) == 0);
    CHECK(b.counts().ended_elsewhere == 30);
    CHECK(b.ledger.report(flush).ended_elsewhere == 30);
  }
  SECTION("the dead letters as well") {
    CHECK(b.ledger.found({1, 2}, {{.dead = 20, .elsewhere = 20}, {.waiting = 10}}, {{}}) == 0);
    CHECK(b.counts().ended_elsewhere == 20);
    CHECK(b.counts().waiting == 10);
  }
  SECTION("the newer one") {
    CHECK(b.ledger.found({1, 2}, {{}, {.elsewhere = 10}}, {{}}) == 20);
    CHECK(b.counts().ended_elsewhere == 10);
    CHECK(b.counts().lost == 20);
    CHECK(b.ledger.report(flush).lost == 20);
  }
  SECTION("a part of one, and later another") {
    CHECK(b.ledger.found({1, 2}, {{.waiting = 15, .elsewhere = 5}, {.waiting = 10}}, {{}}) == 0);
    CHECK(b.counts().ended_elsewhere == 5);
    b.ledger.begin_search();
    CHECK(b.ledger.found({1, 2}, {{.elsewhere = 12}, {.waiting = 10}}, {{}}) == 8);
    CHECK(b.counts().ended_elsewhere == 12);
    CHECK(b.counts().lost == 8);
  }
  SECTION("of one that is whole again in the store, which went back") {
    CHECK(b.ledger.found({1, 2}, {{.waiting = 15, .elsewhere = 5}, {.waiting = 10}}, {{}}) == 0);
    b.ledger.begin_search();
    CHECK(b.ledger.found({1, 2}, {{.waiting = 20}, {.waiting = 10}}, {{}}) == 0);
    CHECK(b.counts().ended_elsewhere == 5);
    CHECK(b.counts().waiting == 25);
  }
  SECTION("nothing") {
    CHECK(b.ledger.found({1, 2}, {{}, {}}, {{}}) == 30);
    CHECK(b.counts().lost == 30);
  }
  SECTION("a half of one") {
    CHECK(b.ledger.found({1, 2}, {{.waiting = 13}, {.waiting = 10}}, {{}}) == 7);
    CHECK(b.counts().lost == 7);
    CHECK(b.counts().waiting == 23);
  }
  SECTION("ends that are known already explain nothing") {
    b.ledger.ended(2, 10, true);
    CHECK(b.ledger.found({1, 2}, {{}, {}}, {{.delivered = 10}}) == 20);
    CHECK(b.counts().lost == 20);
  }
  CHECK(b.ledger.searched(search));
  CHECK(b.ledger.next_page(500).empty());
  b.check_sum();
}

TEST_CASE("the first open batch is the oldest that has not ended", "[core][ledger]") {
  books b{true};
  CHECK(b.ledger.first_open() == 1);
  b.ledger.ended(1, 20, true);
  CHECK(b.ledger.first_open() == 2);
  b.ledger.ended(2, 10, true);
  CHECK(b.ledger.first_open() == 3);
}

TEST_CASE("of a queue with one owner, what ended while the news got lost is counted as what it is", "[core][ledger]") {
  books b{true};
  b.ledger.stored(1, true);
  b.ledger.stored(2, true);
  b.ledger.news_may_be_missing();
  CHECK(b.ledger.found({1, 2}, {{}, {}}, {{.delivered = 10, .dead = 20}}) == 0);
  CHECK(b.counts().delivered == 10);
  CHECK(b.counts().dead == 20);
  CHECK(b.counts().waiting == 0);
  b.check_sum();
}

TEST_CASE("a store that went back has forgotten ends as well, and they explain nothing", "[core][ledger]") {
  books b{true, deliverers::any};
  b.ledger.stored(1, false);
  b.ledger.stored(2, false);
  b.ledger.begin_search();
  CHECK(b.ledger.found({1, 2}, {{.elsewhere = 20}, {.waiting = 10}}, {{}}) == 0);
  b.ledger.store_went_back(); // to when it was empty; batch 1 had ended before
  CHECK(b.ledger.found({2}, {{}}, {{}}) == 10);
  CHECK(b.counts().ended_elsewhere == 20);
  CHECK(b.counts().lost == 10);
  b.check_sum();
}

TEST_CASE("a store that forgot what this process has ended has not forgotten what others have", "[core][ledger]") {
  books b{true, deliverers::any};
  b.ledger.stored(1, false);
  b.ledger.stored(2, true);
  b.ledger.ended(2, 10, true);
  b.ledger.store_went_back(); // to when batch 2 waited, and another process had delivered batch 1
  CHECK(b.ledger.found({1}, {{.elsewhere = 20}}, {{}}) == 0);
  CHECK(b.counts().ended_elsewhere == 20);
  CHECK(b.counts().lost == 0);
  b.check_sum();
}

TEST_CASE("a dead letter that is counted already explains nothing else that is missing", "[core][ledger]") {
  books b{true, deliverers::any};
  b.ledger.stored(1, false);
  b.ledger.stored(2, true);
  b.ledger.ended(2, 4, false); // one half of it
  b.ledger.store_went_back();
  CHECK(b.ledger.found({1, 2}, {{.waiting = 20}, {.dead = 4}}, {{.dead = 4}}) == 6);
  CHECK(b.counts().dead == 4);
  CHECK(b.counts().lost == 6);
  b.check_sum();
}

TEST_CASE("a batch that is whole again in the store, though a part of it had ended, hides no other that is missing",
          "[core][ledger]") {
  books b{true};
  b.ledger.stored(1, true);
  b.ledger.stored(2, true);
  b.ledger.ended(1, 8, true);
  b.ledger.store_went_back(); // to before batch 1 was split
  CHECK(b.ledger.found({1}, {{.waiting = 20}}, {{}}) == 0);
  b.ledger.ended(1, 20, true);
  CHECK(b.counts().delivered == 28);
  CHECK(b.counts().recovered == 8);
  CHECK(b.ledger.found({2}, {{}}, {{.delivered = 20}}) == 10);
  CHECK(b.counts().lost == 10);
  b.check_sum();
}

TEST_CASE("a search looks for what is stored and open, page by page, and for nothing that came later",
          "[core][ledger]") {
  books b{true};
  b.ledger.stored(1, true);
  CHECK(b.ledger.next_page(500).empty());
  const auto first = b.ledger.begin_search();
  b.ledger.open(3, numbered(3, 5), of(5));
  b.ledger.stored(2, true);
  b.ledger.stored(3, true);
  CHECK(b.ledger.next_page(1) == numbers{1});
  CHECK(b.ledger.next_page(500) == numbers{1, 2});
  CHECK(b.ledger.found({1}, {{}}, {{}}) == 0); // what is missing is known at the end
  CHECK(b.counts().lost == 0);
  CHECK(!b.ledger.searched(first));
  const auto second = b.ledger.begin_search(); // asked for in the middle of the first
  CHECK(second != first);
  CHECK(b.ledger.found({2}, {{.waiting = 10}}, {{}}) == 20);
  CHECK(b.ledger.searched(first));
  CHECK(!b.ledger.searched(second));
  CHECK(b.ledger.next_page(500) == numbers{2, 3});
  b.ledger.ended(2, 10, true);
  b.ledger.ended(3, 5, true);
  CHECK(b.ledger.found({2, 3}, {{}, {}}, {{}}) == 0); // both have ended meanwhile
  CHECK(b.ledger.searched(second));
  CHECK(b.counts().lost == 20);
}

TEST_CASE("a search for nothing is over at once", "[core][ledger]") {
  books b{true};
  CHECK(b.ledger.searched(b.ledger.begin_search()));
  CHECK(b.ledger.searched(b.ledger.begin_search()));
}

TEST_CASE("a flush waits for what came before it, in whichever lane that is cut", "[core][ledger]") {
  intake in{options{}};
  ledger l{in, true, deliverers::this_one, 3, 3};
  l.taken(2, 1);
  l.taken(1, 2);
  const auto flush = l.begin_flush();
  l.taken(5, 0);
  l.open(3, numbered(3, 5), of(5)); // came later, and is cut first
  l.stored(3, true);
  l.ended(3, 5, true);
  CHECK(!l.flushed(flush));
  CHECK(l.report(flush).waiting == 3);
  l.open(4, numbered(4, 2), of(2));
  l.open(5, numbered(5, 1), of(1));
  CHECK(!l.flushed(flush));
  l.ended(4, 2, true);
  CHECK(!l.flushed(flush));
  CHECK(l.report(flush).delivered == 2);
  l.ended(5, 1, false);
  CHECK(l.flushed(flush));
  CHECK(l.report(flush).dead == 1);
  CHECK(l.report(flush).waiting == 0);
}

TEST_CASE("what a partition has ended says nothing of what another one has forgotten", "[core][ledger]") {
  intake in{options{}};
  ledger l{in, true, deliverers::this_one, 2};
  for (int i = 0; i < 20; ++i)
    in.offer("0123456789", "id");
  l.taken(20);
  for (const std::uint64_t n : {2U, 3U}) {
    l.open(n, numbered(n, 10), of(10));
    l.stored(n, true);
  }
  l.store_went_back(); // partition 0 has forgotten batch 2; that 3 was delivered in partition 1 was not heard
  CHECK(l.found({2, 3}, {{}, {}}, {{}, {.delivered = 10}}) == 10);
  const auto counts = in.totals().snapshot();
  CHECK(counts.lost == 10);
  CHECK(counts.delivered == 10);
}
