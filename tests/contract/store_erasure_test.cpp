#include "support/catch.hpp"

#include <map>

#include "contract/store_under_test.hpp"

using namespace sluice;
using namespace sluice::test;

namespace {

// Every batch of the queue, by id.
template <class Store>
std::map<std::string, queued_batch> all_batches(Store& queue, std::size_t limit = 2) {
  std::map<std::string, queued_batch> all;
  for (std::string after;;) {
    const auto page = queue.list_batches(after, limit).value();
    for (const auto& b : page.batches)
      all[b.content->id] = b;
    if (page.next.empty())
      return all;
    after = page.next;
  }
}

template <class Store>
ids all_ids(Store& queue) {
  ids names;
  for (const auto& [id, b] : all_batches(queue))
    names.push_back(id);
  return names;
}

} // namespace

TEMPLATE_LIST_TEST_CASE("batches of every state are listed with their payloads, page by page", "[store]", backends) {
  store_under_test<TestType> b;
  b.put({make("a"), make("b"), make("c"), make("d"), make("e", 3, 200)});
  const auto leased = b.claim(3);
  b.settle(bury{lease_of(leased[0]), {}});
  b.settle(nack{lease_of(leased[1]), milliseconds{60'000}, {}});
  CHECK(all_ids(*b.under_test) == ids{"a", "b", "c", "d", "e"});
  const auto all = all_batches(*b.under_test);
  for (const auto& [id, found] : all) {
    CHECK(found.in_flight == (id == "c"));
    CHECK(found.content->events == (id == "e" ? 3U : 10U));
    CHECK(found.content->payload->size() == (id == "e" ? 200U : 100U));
  }
  CHECK(all.at("a").fence == 1);
  CHECK(all.at("e").fence == 0);
  CHECK(b.under_test->list_batches("nonsense", 1).error().code == errc::unknown_batch);
}

TEMPLATE_LIST_TEST_CASE("events are erased from what waits and what is dead, and are counted", "[store]", backends) {
  store_under_test<TestType> b;
  b.put({make("a"), make("b"), make("c"), make("d"), make("e")});
  const auto leased = b.claim(3);
  b.settle(bury{lease_of(leased[0]), {400, "bad"}});
  b.settle(nack{lease_of(leased[1]), milliseconds{60'000}, {}});
  const auto all = all_batches(*b.under_test);
  std::vector<erasure> erasures;
  for (const auto& [id, found] : all)
    erasures.push_back({.from = found, .rest = id == "d" ? nullptr : make(id, 7, 70)});
  CHECK(b.under_test->erase_events(erasures).value() == 3 + 3 + 10 + 3); // but for c, which is in flight
  const auto now = b.stats();
  CHECK(now.erased == 19);
  CHECK(now.ready == 7);
  CHECK(now.retry == 7);
  CHECK(now.dead == 7);
  CHECK(now.in_flight == 10);
  CHECK(b.backend.agrees());
  CHECK(b.apply({}).erased_events == 19);
  CHECK(all_ids(*b.under_test) == ids{"a", "b", "c", "e"});
  CHECK(b.under_test->show_dead("a")->payload->size() == 70);
  CHECK(b.under_test->show_dead("a")->why.reason == "bad");
  const auto next = b.claim(10);
  REQUIRE(next.size() == 1);
  CHECK(next[0].content->id == "e");
  CHECK(next[0].content->events == 7);
  CHECK(next[0].content->payload->size() == 70);
  CHECK(b.settle(ack{lease_of(next[0])}) == settle_outcome::applied);
  CHECK(b.settle(ack{lease_of(leased[2])}) == settle_outcome::applied);
  CHECK(b.stats().delivered == 17);
  CHECK(b.under_test->scrub());
}

TEMPLATE_LIST_TEST_CASE("a batch that has changed since it was read loses nothing", "[store]", backends) {
  store_under_test<TestType> b;
  b.put({make("a"), make("b")});
  const auto all = all_batches(*b.under_test);
  const auto leased = b.claim(1);
  b.settle(release{lease_of(leased[0])});
  CHECK(b.under_test->erase_events({{.from = all.at("a"), .rest = nullptr}}).value() == 0); // leased since
  CHECK(b.under_test->erase_events({{.from = all.at("b"), .rest = make("b", 4, 40)}}).value() == 6);
  CHECK(b.under_test->erase_events({{.from = all.at("b"), .rest = nullptr}}).value() == 0); // it has other events
  CHECK(b.stats().ready == 14);
  CHECK(b.backend.agrees());
}

TEMPLATE_LIST_TEST_CASE("a process finds what was erased of its batches, and of their halves", "[store]", backends) {
  store_under_test<TestType> b;
  unit_of_work w;
  w.incarnation = "p";
  w.enqueues = {make("p-48"), make("p-96"), make("p-144")};
  w.slots = 1;
  const auto leased = b.apply(w).granted;
  REQUIRE(leased.size() == 1);
  b.settle(split{lease_of(leased[0]), make("p-48.0", 5, 50), make("p-48.1", 5, 50)});
  const auto all = all_batches(*b.under_test);
  CHECK(b.under_test
            ->erase_events({{.from = all.at("p-48.0"), .rest = make("p-48.0", 4, 40)},
                            {.from = all.at("p-48.1"), .rest = nullptr},
                            {.from = all.at("p-96"), .rest = make("p-96", 8, 80)}})
            .value() == 8);
  const auto again = all_batches(*b.under_test);
  CHECK(b.under_test->erase_events({{.from = again.at("p-96"), .rest = make("p-96", 7, 70)}}).value() == 1);
  const auto look = [&](std::uint64_t first_open) {
    unit_of_work l;
    l.incarnation = "p";
    l.look_for = {"p-48", "p-96", "p-144"};
    l.first_open = first_open;
    return b.apply(l).found;
  };
  CHECK(look(1) ==
        std::vector<presence>{{.waiting = 4, .elsewhere = 6}, {.waiting = 7, .elsewhere = 3}, {.waiting = 10}});
}

// Redis would have to look for every new batch among those that others have ended.
TEMPLATE_TEST_CASE("what was erased is not stored again when an answer got lost", "[store]", memory_backend,
                   sqlite_backend) {
  store_under_test<TestType> b;
  unit_of_work w;
  w.incarnation = "p";
  w.enqueues = {make("p-48")};
  b.apply(w);
  CHECK(b.under_test->erase_events({{.from = all_batches(*b.under_test).at("p-48"), .rest = nullptr}}).value() == 10);
  b.apply(w);
  CHECK(b.stats().ready == 0);
}

TEMPLATE_LIST_TEST_CASE("another batch takes the place of a dead letter", "[store]", backends) {
  store_under_test<TestType> b;
  b.put({make("a"), make("b")});
  const auto leased = b.claim(1);
  b.settle(bury{lease_of(leased[0]), {400, "bad"}});
  CHECK(b.under_test->replace_dead("b", make("b.e1")).error().code == errc::unknown_batch);
  REQUIRE(b.under_test->replace_dead("a", make("a.e1", 8, 80)));
  CHECK(b.under_test->replace_dead("a", make("a.e1", 8, 80)).error().code == errc::unknown_batch);
  auto now = b.stats();
  CHECK(now.dead == 0);
  CHECK(now.purged == 2);
  CHECK(now.ready == 18);
  CHECK(b.backend.agrees());
  const auto next = b.claim(2);
  REQUIRE(next.size() == 2);
  CHECK(next[0].content->id == "a.e1"); // its place is the old one's
  CHECK(next[0].content->payload->size() == 80);
  CHECK(next[0].attempts == 0);
  CHECK(b.settle(ack{lease_of(next[0])}) == settle_outcome::applied);
  now = b.stats();
  CHECK(now.delivered == 8);
}
