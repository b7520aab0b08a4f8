#include "support/catch.hpp"

#include "contract/store_under_test.hpp"
#include "core/persistence/dead_cursor.hpp"

using namespace sluice;
using namespace sluice::test;

TEMPLATE_LIST_TEST_CASE("a dead letter keeps its attempts, reason and payload, pages are in the order of death",
                        "[store]", backends) {
  store_under_test<TestType> b;
  b.put({make("a"), make("c"), make("d"), make("b")});
  const auto before = b.backend.now();
  const auto leased = b.claim(4);
  b.settle(bury{lease_of(leased[0]), {422, "bad a, very bad"}});
  b.pass(1);
  unit_of_work w; // at the same time, so that their ids decide
  for (std::size_t i : {1U, 2U, 3U})
    w.settlements.emplace_back(bury{lease_of(leased[i]), {}});
  b.apply(w);
  const auto first = *b.under_test->list_dead("", 3);
  REQUIRE(first.size() == 3);
  CHECK(first[0].id == "a");
  CHECK(first[1].id == "b");
  CHECK(first[2].id == "c");
  CHECK(first[0].attempts == 1);
  CHECK(first[0].why.status == 422);
  CHECK(first[0].why.reason == "bad a, very bad");
  CHECK(first[0].died >= before);
  CHECK(first[0].died < first[1].died);
  CHECK(!first[0].payload);
  CHECK(b.under_test->list_dead(cursor_of(first[0]), 1)->at(0).id == "b");
  // A page goes on where the last one ended, whatever became of that.
  REQUIRE(b.under_test->purge_dead({"c"}));
  const auto second = *b.under_test->list_dead(cursor_of(first[2]), 3);
  REQUIRE(second.size() == 1);
  CHECK(second[0].id == "d");
  CHECK(b.under_test->list_dead(cursor_of(second[0]), 3)->empty());
  CHECK(b.under_test->list_dead("nonsense", 1).error().code == errc::unknown_batch);
  CHECK(b.under_test->show_dead("a")->payload->size() == 100);
  CHECK(b.under_test->show_dead("x").error().code == errc::unknown_batch);
}

TEMPLATE_LIST_TEST_CASE("a replay gives a batch back with no attempts and a fence that goes on", "[store]", backends) {
  store_under_test<TestType> b;
  b.put({make("a"), make("b")});
  const auto leased = b.claim(2);
  for (const auto& x : leased)
    b.settle(bury{lease_of(x), {}});
  CHECK(*b.under_test->replay_dead({"a", "unknown"}) == 10);
  const auto again = b.claim(2);
  REQUIRE(again.size() == 1);
  CHECK(again[0].attempts == 0);
  CHECK(again[0].fence > leased[0].fence);
  CHECK(*b.under_test->replay_dead({}) == 10);
  CHECK(b.stats().dead == 0);
}

TEMPLATE_LIST_TEST_CASE("a purge forgets, and counts what it forgot", "[store]", backends) {
  store_under_test<TestType> b;
  b.put({make("a"), make("b")});
  for (const auto& x : b.claim(2))
    b.settle(bury{lease_of(x), {}});
  CHECK(*b.under_test->purge_dead({"a", "a"}) == 10);
  CHECK(b.stats().purged == 10);
  CHECK(*b.under_test->purge_dead({}) == 10);
  CHECK(b.stats().dead == 0);
}

TEMPLATE_LIST_TEST_CASE("when the dead letters are full, what should be buried is held in retry", "[store]", backends) {
  options o;
  o.dead_letters = {.max_events = 10, .when_full = dead_letters_full::keep_retrying};
  store_under_test<TestType> b{o};
  b.put({make("a"), make("b")});
  const auto leased = b.claim(2);
  CHECK(b.settle(bury{lease_of(leased[0]), {}}) == settle_outcome::applied);
  CHECK(b.settle(bury{lease_of(leased[1]), {}}) == settle_outcome::no_room);
  CHECK(b.stats().dead == 10);
  CHECK(b.stats().retry == 10);
}

TEMPLATE_LIST_TEST_CASE("when the dead letters are full, the oldest are dropped if that is asked for", "[store]",
                        backends) {
  options o;
  o.dead_letters = {.max_events = 10, .when_full = dead_letters_full::drop_oldest};
  store_under_test<TestType> b{o};
  b.put({make("b"), make("a")});
  const auto leased = b.claim(2);
  b.settle(bury{lease_of(leased[0]), {}});
  b.pass(1);
  unit_of_work w;
  w.settlements = {bury{lease_of(leased[1]), {}}};
  CHECK(b.apply(w).purged_events == 10);
  CHECK(b.stats().purged == 10);
  CHECK(b.under_test->list_dead("", 10)->at(0).id == "a");
}
