#include "support/catch.hpp"

#include "contract/store_under_test.hpp"
#include "support/pipeline.hpp"

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

// The contract that every backend keeps; `store_dead_letters_test.cpp` has its part about dead letters.

TEMPLATE_LIST_TEST_CASE("an enqueue is idempotent by id, in every state", "[store]", backends) {
  store_under_test<TestType> b;
  b.put({make("a")});
  b.put({make("a")});
  CHECK(b.stats().ready == 10);
  const auto leased = b.claim(1);
  b.put({make("a")});
  CHECK(b.stats().in_flight == 10);
  b.settle(bury{lease_of(leased[0]), {}});
  b.put({make("a")});
  CHECK(b.stats().dead == 10);
  CHECK(b.stats().stored == 10);
}

TEMPLATE_LIST_TEST_CASE("a batch that is enqueued while a slot is free comes back leased", "[store]", backends) {
  store_under_test<TestType> b;
  unit_of_work w;
  w.enqueues = {make("a"), make("b"), make("c")};
  w.slots = 2;
  const auto done = b.apply(w);
  REQUIRE(done.granted.size() == 2);
  CHECK(done.granted[0].content->id == "a");
  CHECK(done.granted[1].content->id == "b");
  CHECK(done.granted[0].attempts == 0);
  CHECK(b.stats().ready == 10);
}

TEMPLATE_LIST_TEST_CASE("a new batch never overtakes what is ready", "[store]", backends) {
  store_under_test<TestType> b;
  b.put({make("old")});
  unit_of_work w;
  w.enqueues = {make("new")};
  w.slots = 1;
  const auto done = b.apply(w);
  REQUIRE(done.granted.size() == 1);
  CHECK(done.granted[0].content->id == "old");
}

TEMPLATE_LIST_TEST_CASE("claims are oldest first, and as many as there are slots", "[store]", backends) {
  store_under_test<TestType> b;
  b.put({make("z"), make("a"), make("m")});
  CHECK(b.granted_ids(2) == ids{"z", "a"});
  CHECK(b.granted_ids(2) == ids{"m"});
  CHECK(b.granted_ids(2).empty());
}

TEMPLATE_LIST_TEST_CASE("a settlement of what no store has leased changes nothing", "[store]", backends) {
  store_under_test<TestType> b;
  b.put({make("ready", 1)});
  const lease never{"ready", 0};
  for (const settlement& s :
       {settlement{ack{never}}, settlement{nack{never, 10min, {}}}, settlement{defer{never, 10min, {}}},
        settlement{bury{never, {}}}, settlement{release{never}},
        settlement{split{never, make("ready.0", 1), make("ready.1", 0)}}, settlement{extend{{never}}},
        settlement{retain{{never}}}})
    b.settle(s);
  CHECK(b.stats().ready == 1);
  CHECK(b.stats().stored == 1);
  CHECK(b.claim(2).size() == 1);
  CHECK(b.backend.agrees());
}

TEMPLATE_LIST_TEST_CASE("an ack removes, of an unknown id it is success, a stale one changes nothing", "[store]",
                        backends) {
  store_under_test<TestType> b;
  b.put({make("a")});
  const auto first = b.claim(1)[0];
  b.settle(release{lease_of(first)});
  const auto second = b.claim(1)[0];
  CHECK(second.fence > first.fence);
  CHECK(b.settle(ack{lease_of(first)}) == settle_outcome::stale);
  CHECK(b.stats().in_flight == 10);
  CHECK(b.settle(ack{lease_of(second)}) == settle_outcome::applied);
  CHECK(b.settle(ack{lease_of(second)}) == settle_outcome::gone);
  CHECK(b.stats().delivered == 10);
  CHECK(b.stats().in_flight == 0);
}

TEMPLATE_LIST_TEST_CASE("a nack counts an attempt, and the batch comes back to its place when it is due", "[store]",
                        backends) {
  store_under_test<TestType> b;
  b.put({make("a"), make("b")});
  const auto a = b.claim(1)[0];
  unit_of_work w;
  const auto before = b.backend.now();
  w.settlements = {nack{lease_of(a), TestType::step * 5, {503, "busy"}}};
  const auto done = b.apply(w);
  CHECK(done.next_due >= before + TestType::step * 5);
  CHECK(done.next_due <= b.backend.now() + TestType::step * 5);
  CHECK(b.stats().retry == 10);
  CHECK(b.granted_ids(0).empty());
  CHECK(b.stats().retry == 10);
  b.pass(6);
  const auto again = b.claim(2);
  REQUIRE(again.size() == 2);
  CHECK(again[0].content->id == "a");
  CHECK(again[0].attempts == 1);
  CHECK(again[0].fence > a.fence);
}

TEMPLATE_LIST_TEST_CASE("a defer delays, and counts no attempt", "[store]", backends) {
  store_under_test<TestType> b;
  b.put({make("a"), make("b")});
  const auto a = b.claim(1)[0];
  const defer deferred{lease_of(a), TestType::step * 5, {0, "away"}};
  CHECK(b.settle(deferred) == settle_outcome::applied);
  CHECK(b.settle(deferred) == settle_outcome::applied);
  CHECK(b.stats().retry == 10);
  CHECK(b.granted_ids(2) == ids{"b"});
  b.pass(6);
  const auto again = b.claim(2);
  REQUIRE(again.size() == 1);
  CHECK(again[0].content->id == "a");
  CHECK(again[0].attempts == 0);
}

TEMPLATE_LIST_TEST_CASE("in order nothing overtakes what waits to be tried again", "[store]", backends) {
  store_under_test<TestType> b;
  b.put({make("a"), make("b")});
  const auto a = b.claim(1)[0];
  unit_of_work w;
  w.settlements = {nack{lease_of(a), TestType::step * 5, {503, "busy"}}};
  w.enqueues = {make("c")};
  w.slots = 3;
  w.in_order = true;
  CHECK(b.apply(w).granted.empty());
  b.pass(6);
  unit_of_work later;
  later.slots = 3;
  later.in_order = true;
  for (const auto* next : {"a", "b", "c"}) {
    const auto given = b.apply(later).granted;
    REQUIRE(given.size() == 1);
    CHECK(given[0].content->id == next);
    CHECK(b.apply(later).granted.empty()); // that one is in flight
    CHECK(b.settle(ack{lease_of(given[0])}) == settle_outcome::applied);
  }
  later.enqueues = {make("d"), make("e")};
  CHECK(b.apply(later).granted.size() == 1);
}

TEMPLATE_LIST_TEST_CASE("a lease says how old its batch is, also of one that was enqueued with it and of halves",
                        "[store]", backends) {
  store_under_test<TestType> b;
  const auto from = b.backend.now();
  unit_of_work w;
  w.enqueues = {make("a", 10)};
  w.slots = 1;
  const auto a = b.apply(w).granted.at(0);
  CHECK(a.age == 0ms);
  b.pass(2);
  b.settle(split{lease_of(a), make("a.0", 4), make("a.1", 6)});
  for (const auto& half : b.claim(2)) {
    CHECK(half.age >= TestType::step * 2);
    CHECK(half.age <= b.backend.now() - from);
  }
}

TEMPLATE_TEST_CASE("a store with a clock of its own tells ages by it", "[store]", redis_backend, shared_redis_backend) {
  store_under_test<TestType> b;
  const auto from = b.backend.now();
  unit_of_work w{.now = from + 1h, .enqueues = {make("a")}, .slots = 0};
  REQUIRE(b.under_test->apply(w));
  w = {.now = from - 1h, .slots = 1};
  const auto later = *b.under_test->apply(w);
  CHECK(later.granted.at(0).age <= b.backend.now() - from);
}

TEMPLATE_LIST_TEST_CASE("no batch is younger than new, whatever the clock does", "[store]",
                        backends_with_virtual_clock) {
  store_under_test<TestType> b;
  b.put({make("a")});
  b.backend.pass(-4min);
  CHECK(b.claim(1).at(0).age == 0ms);
}

TEMPLATE_LIST_TEST_CASE("a settlement that is sent again has happened once", "[store]", backends) {
  store_under_test<TestType> b;
  b.put({make("a"), make("b"), make("c")});
  const auto leased = b.claim(3);
  const settlement nacked = nack{lease_of(leased[0]), 10min, {503, "busy"}},
                   buried = bury{lease_of(leased[1]), {400, "bad"}}, released = release{lease_of(leased[2])};
  for (int i = 0; i < 2; ++i)
    for (const auto& s : {nacked, buried, released})
      CHECK(b.settle(s) == settle_outcome::applied);
  CHECK(b.stats().retry == 10);
  CHECK(b.stats().ready == 10);
  CHECK(b.under_test->list_dead("", 1)->at(0).attempts == 1);
  // But what ended otherwise has ended.
  CHECK(b.settle(ack{lease_of(leased[0])}) == settle_outcome::stale);
  CHECK(b.settle(release{lease_of(leased[1])}) == settle_outcome::stale);
}

TEMPLATE_LIST_TEST_CASE("extending leases changes no state", "[store]", backends) {
  store_under_test<TestType> b;
  b.put({make("a")});
  const auto a = b.claim(1)[0];
  CHECK(b.settle(extend{{lease_of(a), {"unknown", 1}}}) == settle_outcome::applied);
  CHECK(b.stats().in_flight == 10);
  CHECK(b.settle(ack{lease_of(a)}) == settle_outcome::applied);
}

TEMPLATE_LIST_TEST_CASE("a release puts the batch back to its place and counts nothing", "[store]", backends) {
  store_under_test<TestType> b;
  b.put({make("a"), make("b"), make("c")});
  const auto leased = b.claim(2);
  b.settle(release{lease_of(leased[1])});
  b.settle(release{lease_of(leased[0])});
  const auto again = b.claim(3);
  REQUIRE(again.size() == 3);
  CHECK(again[0].content->id == "a");
  CHECK(again[1].content->id == "b");
  CHECK(again[0].attempts == 0);
}

TEMPLATE_LIST_TEST_CASE("a split puts the halves into the place of the whole, in order", "[store]", backends) {
  store_under_test<TestType> b;
  b.put({make("a", 10), make("b", 10)});
  const auto a = b.claim(1)[0];
  CHECK(b.settle(split{lease_of(a), make("a.0", 4), make("a.1", 6)}) == settle_outcome::applied);
  CHECK(b.stats().stored == 20);
  CHECK(b.stats().ready == 20);
  CHECK(b.settle(split{lease_of(a), make("a.0", 4), make("a.1", 6)}) == settle_outcome::gone);
  CHECK(b.granted_ids(3) == ids{"a.0", "a.1", "b"});
}

TEMPLATE_LIST_TEST_CASE("halves that do not add up are refused and change nothing", "[store]", backends) {
  store_under_test<TestType> b;
  b.put({make("a", 10)});
  const auto a = b.claim(1)[0];
  CHECK(b.settle(split{lease_of(a), make("a.0", 4), make("a.1", 5)}) == settle_outcome::stale);
  CHECK(b.stats().in_flight == 10);
}

TEMPLATE_LIST_TEST_CASE("retain takes back every lease that is not listed", "[store]", backends) {
  store_under_test<TestType> b;
  b.put({make("a"), make("b"), make("c")});
  const auto leased = b.claim(3);
  b.settle(retain{{lease_of(leased[1]), {"a", 999}}});
  CHECK(b.stats().in_flight == 10);
  CHECK(b.settle(ack{lease_of(leased[0])}) == settle_outcome::stale);
  CHECK(b.granted_ids(3) == ids{"a", "c"});
  CHECK(b.settle(ack{lease_of(leased[1])}) == settle_outcome::applied);
}

TEMPLATE_LIST_TEST_CASE("in a unit of work settlements come before claims", "[store]", backends) {
  store_under_test<TestType> b;
  b.put({make("a")});
  const auto a = b.claim(1)[0];
  unit_of_work w;
  w.settlements = {release{lease_of(a)}};
  w.slots = 1;
  CHECK(b.apply(w).granted.size() == 1);
}

TEMPLATE_LIST_TEST_CASE("past its backlog the store refuses, by events and by bytes, until there is room", "[store]",
                        backends) {
  for (const auto& limits : {queue_options{.max_backlog_events = 20, .max_backlog_bytes = 1'000'000},
                             queue_options{.max_backlog_events = 1'000, .max_backlog_bytes = 200}}) {
    options o;
    o.queue = limits;
    store_under_test<TestType> b{o};
    unit_of_work w;
    w.enqueues = {make("a"), make("b"), make("c")};
    CHECK(b.apply(w).enqueued ==
          std::vector{enqueue_outcome::stored, enqueue_outcome::stored, enqueue_outcome::backlog_full});
    const auto a = b.claim(1)[0];
    w.enqueues = {make("c")};
    CHECK(b.apply(w).enqueued[0] == enqueue_outcome::backlog_full);
    w.settlements = {ack{lease_of(a)}};
    CHECK(b.apply(w).enqueued[0] == enqueue_outcome::stored);
  }
}

TEMPLATE_LIST_TEST_CASE("a batch that fits does not overtake one that did not", "[store]", backends) {
  options o;
  o.queue.max_backlog_events = 20;
  store_under_test<TestType> b{o};
  unit_of_work w;
  w.enqueues = {make("a", 15), make("large", 10), make("small", 5), make("a", 15)};
  CHECK(b.apply(w).enqueued == std::vector{enqueue_outcome::stored, enqueue_outcome::backlog_full,
                                           enqueue_outcome::backlog_full, enqueue_outcome::stored});
  CHECK(b.stats().stored == 15);
}

TEMPLATE_LIST_TEST_CASE("while a queue is paused no lease is granted, and everything else goes on", "[store]",
                        backends) {
  store_under_test<TestType> b;
  b.put({make("a"), make("b")});
  const auto a = b.claim(1)[0];
  CHECK(b.under_test->set_paused(true));
  CHECK(b.stats().paused);
  unit_of_work w;
  w.enqueues = {make("c")};
  w.slots = 5;
  const auto done = b.apply(w);
  CHECK(done.granted.empty());
  CHECK(done.enqueued == std::vector{enqueue_outcome::stored});
  CHECK(b.settle(ack{lease_of(a)}) == settle_outcome::applied);
  CHECK(b.under_test->set_paused(false));
  CHECK(b.granted_ids(5) == ids{"b", "c"});
}

TEMPLATE_LIST_TEST_CASE("a unit of work that pauses the queue claims nothing, and one that ends the pause claims",
                        "[store]", backends) {
  store_under_test<TestType> b;
  b.put({make("a")});
  const auto a = b.claim(1)[0];
  unit_of_work w;
  w.pause = true;
  w.settlements = {release{lease_of(a)}};
  w.enqueues = {make("b")};
  w.slots = 5;
  for (int again = 0; again < 2; ++again) {
    const auto done = b.apply(w);
    CHECK(done.paused);
    CHECK(done.granted.empty());
    CHECK(done.settled == std::vector{settle_outcome::applied});
    CHECK(done.enqueued == std::vector{enqueue_outcome::stored});
    CHECK(b.stats().paused);
  }
  w.pause = false;
  w.settlements.clear();
  w.enqueues = {make("c")};
  const auto done = b.apply(w);
  CHECK(!done.paused);
  REQUIRE(done.granted.size() == 3);
  CHECK(done.granted[0].content->id == "a");
  CHECK(done.granted[2].content->id == "c");
  CHECK(!b.stats().paused);
}

TEMPLATE_LIST_TEST_CASE("every unit of work says whether the queue is paused, whoever has paused it", "[store]",
                        backends) {
  store_under_test<TestType> b;
  CHECK(!b.apply({}).paused);
  CHECK(b.under_test->set_paused(true));
  CHECK(b.apply({}).paused);
  CHECK(b.apply({}).paused); // empty: as before
  CHECK(b.under_test->set_paused(false));
  CHECK(!b.apply({}).paused);
  unit_of_work w;
  w.pause = true;
  CHECK(b.apply(w).paused);
  CHECK(b.under_test->set_paused(false));
  CHECK(!b.apply({}).paused);
}

TEMPLATE_LIST_TEST_CASE("every call to resume a queue can be told from the one before", "[store]", backends) {
  store_under_test<TestType> b;
  CHECK(!b.apply({}).resumed);
  CHECK(b.under_test->set_paused(false));
  const auto first = b.apply({}).resumed;
  CHECK(first);
  CHECK(b.apply({}).resumed == first);
  REQUIRE(eventually([&] {
    CHECK(b.under_test->set_paused(false));
    return b.apply({}).resumed != first;
  }));
  CHECK(!b.apply({}).paused);
  CHECK(b.under_test->set_paused(true));
  const auto done = b.apply({});
  CHECK(done.paused);
  CHECK(!done.resumed);
  unit_of_work w;
  w.pause = false; // the end of a pause that no operator has ended
  CHECK(!b.apply(w).resumed);
}

TEMPLATE_LIST_TEST_CASE("a queue that is paused stays so for the next process", "[store]", backends) {
  store_under_test<TestType> b;
  if (!b.under_test->durable())
    return; // gone with its process
  unit_of_work w;
  w.pause = true;
  b.apply(w);
  REQUIRE(b.succeed("test") == errc{});
  CHECK(b.apply({}).paused);
}

TEMPLATE_LIST_TEST_CASE("a queue belongs to the destination whose fingerprint the last unit of work had", "[store]",
                        backends) {
  store_under_test<TestType> b;
  unit_of_work w;
  w.fingerprint = "two";
  w.enqueues = {make("a")};
  for (int again = 0; again < 2; ++again)
    CHECK(b.apply(w).enqueued == std::vector{enqueue_outcome::stored});
  b.apply({}); // empty: as before
  if (!b.under_test->durable())
    return; // gone with its process
  CHECK(b.succeed("test") == errc::other_destination);
  CHECK(b.succeed("two") == errc{});
  CHECK(b.stats().ready == 10);
}

TEMPLATE_LIST_TEST_CASE("the stats say how old the oldest of each state is", "[store]", backends) {
  store_under_test<TestType> b;
  CHECK(!b.stats().oldest_ready);
  CHECK(!b.stats().next_retry);
  CHECK(!b.stats().oldest_dead);
  const auto begin = b.backend.now();
  b.put({make("a")});
  const auto end = b.backend.now();
  b.pass(1);
  for (const char* id : {"b", "c"}) {
    b.put({make(id)});
    b.pass(1);
  }
  CHECK(b.stats().oldest_ready >= begin);
  CHECK(b.stats().oldest_ready <= end);
  const auto leased = b.claim(2);
  CHECK(b.stats().oldest_ready >= begin + TestType::step * 2);
  const auto settled = b.backend.now();
  b.settle(nack{lease_of(leased[0]), 10min, {}});
  b.settle(bury{lease_of(leased[1]), {}});
  CHECK(b.stats().next_retry >= settled + 10min);
  CHECK(b.stats().oldest_dead >= settled);
  CHECK(b.stats().oldest_dead <= b.backend.now());
}

TEMPLATE_LIST_TEST_CASE("a clock that is set back holds nothing up for longer than the longest delay", "[store]",
                        backends_with_virtual_clock) {
  store_under_test<TestType> b;
  b.put({make("a")});
  b.settle(nack{lease_of(b.claim(1)[0]), 10min, {503, "busy"}});
  b.backend.pass(-4min);
  CHECK(b.claim(1).empty()); // due in 14 minutes, as a server's Retry-After may ask for
  b.backend.pass(-30 * 24h);
  unit_of_work w;
  w.slots = 1;
  const auto done = b.apply(w);
  REQUIRE(done.granted.size() == 1);
  CHECK(done.granted[0].attempts == 1);
  CHECK(!done.next_due);
}

TEMPLATE_LIST_TEST_CASE("a process that leaves gives its leases back, and nothing is counted", "[store]", backends) {
  store_under_test<TestType> b;
  if (!b.under_test->durable())
    return; // gone with its process
  b.put({make("a"), make("b")});
  b.claim(1);
  REQUIRE(b.succeed("test") == errc{});
  const auto again = b.claim(2);
  REQUIRE(again.size() == 2);
  CHECK(again[0].content->id == "a");
  CHECK(again[0].attempts == 0);
  CHECK(again[0].content->payload->size() == 100);
}

TEMPLATE_TEST_CASE("a queue shows what its process said last of its deliveries", "[store]", sqlite_backend,
                   redis_backend, shared_redis_backend) {
  store_under_test<TestType> b;
  b.apply({});
  REQUIRE(b.stats().owners.size() == 1);
  CHECK(b.stats().owners[0].health == delivery_health{});
  CHECK(!b.stats().owners[0].said);
  const delivery_health suspended{.suspended = "HTTP 401; suspended", .last_failure = "HTTP 401"};
  unit_of_work w;
  w.health = suspended;
  w.enqueues = {make("a")};
  CHECK(b.apply(w).enqueued == std::vector{enqueue_outcome::stored});
  const auto said = b.stats().owners[0].said;
  REQUIRE(said);
  CHECK(b.backend.now() - *said < std::chrono::seconds{20});
  b.put({make("b")}); // says nothing of it
  CHECK(b.stats().owners[0].health == suspended);
  w = {};
  w.health = delivery_health{.suspended = "", .last_failure = "HTTP 401"};
  b.apply(w);
  CHECK(b.stats().owners[0].health == *w.health);
  REQUIRE(b.succeed("test") == errc{});
  REQUIRE(b.stats().owners.size() == 1);
  CHECK(b.stats().owners[0].health == delivery_health{});
  CHECK(!b.stats().owners[0].said);
}
