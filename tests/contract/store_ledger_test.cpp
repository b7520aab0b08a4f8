#include "support/catch.hpp"

#include "contract/store_under_test.hpp"
#include "core/wire/batch_id.hpp"

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

// What a store answers about batches that it may have forgotten, and about those that it ended by itself.

namespace {

// Those whose queues more than one process has had.
using backends_for_many = std::tuple<redis_backend, shared_redis_backend>;

const std::string ours(32, 'a'), others(32, 'b');

std::string own(std::uint64_t sequence) {
  return batch_id(ours, sequence);
}

// A store, and a process with an incarnation that uses it.
template <class Backend>
struct process_under_test : store_under_test<Backend> {
  using store_under_test<Backend>::store_under_test;

  work_done apply(unit_of_work w) {
    w.incarnation = ours;
    return store_under_test<Backend>::apply(std::move(w));
  }
  work_done put(std::vector<batch_ptr> batches, std::size_t slots = 0) {
    unit_of_work w;
    w.enqueues = std::move(batches);
    w.slots = slots;
    return apply(std::move(w));
  }
  work_done restore(std::vector<batch_ptr> batches) {
    unit_of_work w;
    w.enqueues = std::move(batches);
    w.restores = true;
    return apply(std::move(w));
  }
  std::vector<leased_batch> claim(std::size_t n) {
    unit_of_work w;
    w.slots = n;
    return apply(std::move(w)).granted;
  }
  settle_outcome settle(settlement s) {
    unit_of_work w;
    w.settlements.push_back(std::move(s));
    return apply(std::move(w)).settled.at(0);
  }
  work_done look_for(std::vector<std::string> wanted) {
    unit_of_work w;
    w.look_for = std::move(wanted);
    return apply(std::move(w));
  }
  presence found(const std::string& id) { return look_for({id}).found.at(0); }
  ended_events ended() { return look_for({own(1)}).ended; }
};

} // namespace

TEMPLATE_LIST_TEST_CASE("what is looked for is found, dead or waiting, in every state", "[store]", backends) {
  process_under_test<TestType> b;
  const auto dead = own(48); // in the first of any number of partitions here: it is replayed by its id
  const auto leased = b.put({make(own(1), 1), make(dead, 2), make(own(3), 3), make(own(4), 4)}, 3).granted;
  REQUIRE(leased.size() == 3);
  b.settle(nack{lease_of(leased[0]), 10min, {503, "busy"}});
  b.settle(bury{lease_of(leased[1]), {400, "bad"}});
  const auto done = b.look_for({own(4), own(3), dead, own(1), own(5), others + "-1", ours});
  CHECK(done.found == std::vector<presence>{{4, 0}, {3, 0}, {0, 2}, {1, 0}, {0, 0}, {0, 0}, {0, 0}});
  b.settle(ack{lease_of(leased[2])});
  CHECK(b.found(own(3)) == presence{0, 0});
  CHECK(*b.under_test->replay_dead({dead}) == 2);
  CHECK(b.found(dead) == presence{2, 0});
  CHECK(b.apply({}).found.empty());
}

TEMPLATE_LIST_TEST_CASE("what is looked for is answered after everything else in the unit", "[store]", backends) {
  process_under_test<TestType> b;
  const auto leased = b.put({make(own(1)), make(own(2))}, 2).granted;
  unit_of_work w;
  w.settlements = {ack{lease_of(leased[0])}, bury{lease_of(leased[1]), {}}};
  w.enqueues = {make(own(3))};
  w.look_for = {own(1), own(2), own(3)};
  const auto done = b.apply(w);
  CHECK(done.found == std::vector<presence>{{0, 0}, {0, 10}, {10, 0}});
  CHECK(done.ended == ended_events{10, 10});
}

TEMPLATE_LIST_TEST_CASE("the batches that splits have made of a batch are found under its id", "[store]", backends) {
  process_under_test<TestType> b;
  const auto id = own(1);
  const auto whole = b.put({make(id, 10)}, 1).granted.at(0);
  b.settle(split{lease_of(whole), make(id + ".0", 4), make(id + ".1", 6)});
  CHECK(b.found(id) == presence{10, 0});
  const auto halves = b.claim(2);
  b.settle(split{lease_of(halves[1]), make(id + ".1.0", 3), make(id + ".1.1", 3)});
  CHECK(b.found(id) == presence{10, 0});
  b.settle(bury{lease_of(halves[0]), {}});
  CHECK(b.found(id) == presence{6, 4});
  const auto quarters = b.claim(2);
  b.settle(ack{lease_of(quarters[0])});
  CHECK(b.found(id) == presence{3, 4});
  b.settle(nack{lease_of(quarters[1]), 10min, {}});
  CHECK(b.found(id) == presence{3, 4});
  CHECK(b.found(id + ".1") == presence{3, 0});
  b.under_test->purge_dead({});
  CHECK(b.found(id) == presence{3, 0});
  CHECK(b.backend.agrees());
}

TEMPLATE_LIST_TEST_CASE("a batch of which a part by splits is there is there as well, and stored once", "[store]",
                        backends) {
  process_under_test<TestType> b;
  const auto id = own(1);
  const auto whole = b.put({make(id, 10)}, 1).granted.at(0);
  b.settle(split{lease_of(whole), make(id + ".0", 4), make(id + ".1", 6)});
  b.settle(ack{lease_of(b.claim(1)[0])});
  for (const bool restores : {false, true}) {
    unit_of_work w;
    w.enqueues = {make(id, 10)};
    w.restores = restores;
    CHECK(b.apply(w).enqueued == std::vector{enqueue_outcome::stored});
    CHECK(b.stats().stored == 10);
    CHECK(b.stats().ready == 6);
  }
  CHECK(b.backend.agrees());
  b.settle(ack{lease_of(b.claim(1)[0])});
  b.put({make(id, 10)}); // nothing of it is there any more
  CHECK(b.stats().ready == 10);
  CHECK(b.backend.agrees());
}

TEMPLATE_LIST_TEST_CASE("an event counts as ended once, at its first end", "[store]", backends) {
  process_under_test<TestType> b;
  const auto leased = b.put({make(own(1), 1), make(own(2), 2), make(own(3), 4)}, 3).granted;
  CHECK(b.ended() == ended_events{0, 0});
  b.settle(ack{lease_of(leased[0])});
  b.settle(ack{lease_of(leased[0])});
  CHECK(b.ended() == ended_events{1, 0});
  b.settle(bury{lease_of(leased[1]), {}});
  b.settle(bury{lease_of(leased[1]), {}});
  CHECK(b.ended() == ended_events{1, 2});
  SECTION("a replay and an ack") {
    b.under_test->replay_dead({});
    b.settle(ack{lease_of(b.claim(1)[0])});
    CHECK(b.ended() == ended_events{1, 2});
  }
  SECTION("a replay and another burial") {
    b.under_test->replay_dead({});
    b.settle(bury{lease_of(b.claim(1)[0]), {}});
    CHECK(b.ended() == ended_events{1, 2});
  }
  SECTION("a replay, a split, and one end of each half") {
    b.under_test->replay_dead({});
    b.settle(split{lease_of(b.claim(1)[0]), make(own(2) + ".0", 1), make(own(2) + ".1", 1)});
    const auto halves = b.claim(2);
    b.settle(ack{lease_of(halves[0])});
    b.settle(bury{lease_of(halves[1]), {}});
    CHECK(b.ended() == ended_events{1, 2});
  }
  SECTION("a purge") {
    b.under_test->purge_dead({});
    CHECK(b.ended() == ended_events{1, 2});
  }
  SECTION("a split, and one end of each half") {
    b.settle(split{lease_of(leased[2]), make(own(3) + ".0", 1), make(own(3) + ".1", 3)});
    CHECK(b.ended() == ended_events{1, 2});
    const auto halves = b.claim(2);
    b.settle(ack{lease_of(halves[0])});
    b.settle(bury{lease_of(halves[1]), {}});
    CHECK(b.ended() == ended_events{2, 5});
  }
}

TEMPLATE_LIST_TEST_CASE("what others have ended is counted for the process that it came from, and nothing else",
                        "[store]", backends_for_many) {
  process_under_test<TestType> b;
  b.put({make(own(1), 1), make(others + "-1", 2), make("c", 4)});
  for (const auto& x : b.claim(3))
    b.settle(ack{lease_of(x)});
  CHECK(b.ended() == ended_events{1, 0});
  unit_of_work w;
  w.incarnation = others; // as another process would ask
  w.look_for = {others + "-1"};
  w.now = b.backend.now();
  const auto done = b.under_test->apply(w);
  REQUIRE(done);
  CHECK(done->ended.dead == 0);
  CHECK(done->ended.delivered <= 2); // what ended before it gave a sign need not be known
}

TEMPLATE_LIST_TEST_CASE("what is restored has room past every bound, and goes before everything that is ready",
                        "[store]", backends) {
  for (const auto& limits : {queue_options{.max_backlog_events = 20, .max_backlog_bytes = 1'000'000},
                             queue_options{.max_backlog_events = 1'000, .max_backlog_bytes = 200}}) {
    options o;
    o.queue = limits;
    process_under_test<TestType> b{o};
    b.put({make(own(5)), make(own(6))});
    const auto done = b.restore({make(own(1)), make(own(6)), make(own(2)), make(own(1))});
    CHECK(done.enqueued == std::vector(4, enqueue_outcome::stored));
    CHECK(done.granted.empty());
    CHECK(b.stats().ready == 40);
    CHECK(b.stats().stored == 40);
    CHECK(b.put({make(own(7))}).enqueued == std::vector{enqueue_outcome::backlog_full});
    ids order;
    for (const auto& x : b.claim(5))
      order.push_back(x.content->id);
    CHECK(order == ids{own(1), own(2), own(5), own(6)});
    CHECK(b.backend.agrees());
  }
}

TEMPLATE_LIST_TEST_CASE("what is restored into an empty queue goes before what is new", "[store]", backends) {
  process_under_test<TestType> b;
  b.restore({make(own(2)), make(own(1))});
  b.put({make(own(3))});
  ids order;
  for (const auto& x : b.claim(3))
    order.push_back(x.content->id);
  CHECK(order == ids{own(2), own(1), own(3)});
}

TEMPLATE_LIST_TEST_CASE("a split with halves that are there already is applied, and they stay as they are", "[store]",
                        backends) {
  process_under_test<TestType> b;
  const auto id = own(1);
  const auto first = make(id + ".0", 4), second = make(id + ".1", 6);
  const auto whole = b.put({make(id, 10)}, 1).granted.at(0);
  SECTION("one of them") {
    b.restore({second});
    CHECK(b.stats().stored == 16);
    CHECK(b.found(id) == presence{16, 0});
    CHECK(b.settle(split{lease_of(whole), first, second}) == settle_outcome::applied);
  }
  SECTION("both") {
    b.restore({first, second});
    CHECK(b.stats().stored == 20);
    CHECK(b.settle(split{lease_of(whole), first, second}) == settle_outcome::applied);
  }
  SECTION("one of them, dead") {
    b.restore({second});
    b.settle(bury{lease_of(b.claim(1)[0]), {}});
    CHECK(b.settle(split{lease_of(whole), first, second}) == settle_outcome::applied);
    CHECK(b.stats().dead == 6);
    CHECK(b.found(id) == presence{4, 6});
    CHECK(*b.under_test->replay_dead({}) == 6);
  }
  CHECK(b.settle(split{lease_of(whole), first, second}) == settle_outcome::gone);
  CHECK(b.stats().stored == 10);
  CHECK(b.stats().ready == 10);
  CHECK(b.found(id) == presence{10, 0});
  const auto halves = b.claim(3);
  REQUIRE(halves.size() == 2);
  for (const auto& half : halves)
    CHECK(half.content->payload->size() == 100);
  CHECK(b.backend.agrees());
}

TEMPLATE_LIST_TEST_CASE("halves that are there and do not add up are refused", "[store]", backends) {
  process_under_test<TestType> b;
  const auto id = own(1);
  const auto whole = b.put({make(id, 10)}, 1).granted.at(0);
  b.restore({make(id + ".1", 6)});
  CHECK(b.settle(split{lease_of(whole), make(id + ".0", 5), make(id + ".1", 6)}) == settle_outcome::stale);
  CHECK(b.found(id) == presence{16, 0});
  CHECK(b.backend.agrees());
}

TEMPLATE_LIST_TEST_CASE("no dead letter is dropped for one that has no room even without it", "[store]", backends) {
  options o;
  SECTION("by events") {
    o.dead_letters = {.max_events = 15, .max_bytes = 1'000'000, .when_full = dead_letters_full::drop_oldest};
  }
  SECTION("by bytes") {
    o.dead_letters = {.max_events = 1'000, .max_bytes = 150, .when_full = dead_letters_full::drop_oldest};
  }
  process_under_test<TestType> b{o};
  const auto leased = b.put({make(own(1), 10, 100), make(own(2), 16, 151), make(own(3), 5, 50)}, 3).granted;
  b.settle(bury{lease_of(leased[0]), {}});
  unit_of_work w;
  w.settlements = {bury{lease_of(leased[1]), {}}, bury{lease_of(leased[2]), {}}};
  const auto done = b.apply(w);
  CHECK(done.settled == std::vector{settle_outcome::no_room, settle_outcome::applied});
  CHECK(done.purged_events == 0);
  CHECK(b.stats().dead == 15);
  CHECK(b.ended() == ended_events{0, 15});
}
