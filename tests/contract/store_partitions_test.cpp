#include "support/catch.hpp"

#include <algorithm>

#include "contract/store_under_test.hpp"

using namespace sluice;
using namespace sluice::test;

// What a queue in partitions promises beside the contract that each of them keeps.

namespace {

// A batch of a partition: the `n`th of a process.
batch_ptr batch_in(std::size_t partition, std::size_t partitions, std::size_t n = 1, std::uint32_t events = 10) {
  return make("p-" + std::to_string(partition + n * partitions), events);
}

template <class Backend>
std::vector<work_done> apply_all(store_under_test<Backend>& b, std::vector<unit_of_work> units) {
  std::vector<work_done> all;
  for (auto& u : units)
    u.now = b.backend.now();
  for (auto& done : b.under_test->apply_all(units)) {
    REQUIRE(done);
    all.push_back(*done);
  }
  REQUIRE(all.size() == units.size());
  const auto s = b.stats();
  REQUIRE(s.stored == s.delivered + s.dead + s.ready + s.in_flight + s.retry + s.purged + s.erased);
  return all;
}

// A unit for each partition.
template <class Backend>
std::vector<unit_of_work> units_for_all() {
  std::vector<unit_of_work> units(Backend::partitions);
  for (std::size_t p = 0; p < units.size(); ++p) {
    units[p].partition = p;
    units[p].incarnation = "p";
  }
  return units;
}

// A batch in each partition, leased.
template <class Backend>
std::vector<leased_batch> lease_one_in_each(store_under_test<Backend>& b) {
  auto units = units_for_all<Backend>();
  for (auto& u : units) {
    u.enqueues = {batch_in(u.partition, units.size())};
    u.slots = 1;
  }
  std::vector<leased_batch> all;
  for (auto& done : apply_all(b, units)) {
    REQUIRE(done.granted.size() == 1);
    all.push_back(done.granted[0]);
  }
  return all;
}

template <class Backend>
std::vector<work_done> settle_all(store_under_test<Backend>& b, const std::vector<settlement>& settlements) {
  auto units = units_for_all<Backend>();
  for (std::size_t p = 0; p < units.size(); ++p)
    units[p].settlements = {settlements.at(p)};
  return apply_all(b, units);
}

// A dead letter in each partition; they die one after another, the last partition's first.
template <class Backend>
ids bury_one_in_each(store_under_test<Backend>& b) {
  const auto leased = lease_one_in_each(b);
  ids in_order;
  for (std::size_t p = leased.size(); p-- > 0;) {
    unit_of_work u{.partition = p};
    u.settlements = {bury{lease_of(leased[p]), {.status = 400, .reason = "no"}}};
    REQUIRE(b.apply(u).settled.at(0) == settle_outcome::applied);
    in_order.push_back(leased[p].content->id);
    b.backend.pass(milliseconds{3});
  }
  return in_order;
}

} // namespace

TEMPLATE_LIST_TEST_CASE("units of several partitions are applied together, each to its own", "[store][partitions]",
                        backends_with_partitions) {
  store_under_test<TestType> b;
  auto units = units_for_all<TestType>();
  for (auto& u : units)
    u.enqueues = {batch_in(u.partition, units.size(), 2), batch_in(u.partition, units.size(), 1)};
  for (const auto& done : apply_all(b, units))
    CHECK(done.enqueued == std::vector{enqueue_outcome::stored, enqueue_outcome::stored});
  CHECK(b.stats().ready == 20 * TestType::partitions);

  units = units_for_all<TestType>();
  for (auto& u : units)
    u.slots = u.partition % 2 == 0 ? 1 : 0;
  const auto claimed = apply_all(b, units);
  for (std::size_t p = 0; p < claimed.size(); ++p) {
    REQUIRE(claimed[p].granted.size() == units[p].slots);
    if (units[p].slots == 1) // its order is its own
      CHECK(claimed[p].granted[0].content->id == batch_in(p, units.size(), 2)->id);
  }
  CHECK(b.backend.agrees());
}

TEMPLATE_LIST_TEST_CASE("each partition says what a process has ended in it", "[store][partitions]",
                        backends_with_partitions) {
  store_under_test<TestType> b;
  const auto leased = lease_one_in_each(b);
  std::vector<settlement> all;
  for (std::size_t p = 0; p < leased.size(); ++p)
    all.push_back(p == 1 ? settlement{bury{lease_of(leased[p]), {}}} : settlement{ack{lease_of(leased[p])}});
  settle_all(b, all);
  auto units = units_for_all<TestType>();
  for (auto& u : units)
    u.wants_ended = true;
  const auto done = apply_all(b, units);
  for (std::size_t p = 0; p < done.size(); ++p) {
    CHECK(done[p].ended == (p == 1 ? ended_events{0, 10} : ended_events{10, 0}));
    CHECK(done[p].found.empty());
  }
  CHECK(b.stats().delivered == 10 * (TestType::partitions - 1));
}

TEMPLATE_LIST_TEST_CASE("what waits for a retry in one partition does not hold up another", "[store][partitions]",
                        backends_with_partitions) {
  store_under_test<TestType> b;
  const auto leased = lease_one_in_each(b);
  std::vector<settlement> all;
  for (std::size_t p = 0; p < leased.size(); ++p)
    all.push_back(p == 0 ? settlement{nack{lease_of(leased[p]), std::chrono::minutes{10}, {}}}
                         : settlement{release{lease_of(leased[p])}});
  const auto settled = settle_all(b, all);
  CHECK(settled[0].next_due);
  CHECK(!settled[1].next_due);
  auto units = units_for_all<TestType>();
  for (auto& u : units) {
    u.slots = 1;
    u.in_order = true;
  }
  units[0].enqueues = {batch_in(0, units.size(), 2)};
  const auto done = apply_all(b, units);
  CHECK(done[0].granted.empty());
  for (std::size_t p = 1; p < done.size(); ++p)
    CHECK(done[p].granted.size() == 1);
}

TEMPLATE_LIST_TEST_CASE("the dead letters of all partitions are one list, by time of death", "[store][partitions]",
                        backends_with_partitions) {
  store_under_test<TestType> b;
  const auto died = bury_one_in_each(b);
  CHECK(b.stats().dead == 10 * died.size());
  ids listed;
  for (std::string after;;) { // page by page
    const auto page = b.under_test->list_dead(after, 2).value();
    if (page.empty())
      break;
    for (const auto& d : page)
      listed.push_back(d.id);
    after = std::to_string(page.back().died.time_since_epoch().count()) + "/" + page.back().id;
  }
  CHECK(listed == died);
  for (const auto& id : died) {
    const auto letter = b.under_test->show_dead(id);
    REQUIRE(letter);
    CHECK(letter->why.status == 400);
    CHECK(letter->payload->size() == 100);
  }
  CHECK(!b.under_test->show_dead("p-999"));

  CHECK(b.under_test->replay_dead({died[0], died[1], "p-999"}).value() == 20);
  CHECK(b.stats().ready == 20);
  CHECK(b.under_test->purge_dead({died[2]}).value() == 10);
  CHECK(b.stats().purged == 10);
  CHECK(b.under_test->replay_dead({}).value() == 10 * (died.size() - 3));
  CHECK(b.stats().dead == 0);
  CHECK(b.backend.agrees());
}

TEMPLATE_LIST_TEST_CASE("a pause is one of all partitions", "[store][partitions]", backends_with_partitions) {
  store_under_test<TestType> b;
  for (const bool paused : {true, false}) {
    REQUIRE(b.under_test->set_paused(paused));
    CHECK(b.stats().paused == paused);
    for (const auto& done : apply_all(b, units_for_all<TestType>())) {
      CHECK(done.paused == paused);
      CHECK(done.resumed.has_value() == !paused);
    }
  }
}

TEMPLATE_LIST_TEST_CASE("the bounds are divided among the partitions", "[store][partitions]",
                        backends_with_partitions) {
  options o;
  o.queue.max_backlog_events = 10; // of each
  o.dead_letters.max_events = 5;
  store_under_test<TestType> b{o};
  unit_of_work u{.partition = 1};
  u.enqueues = {batch_in(1, TestType::partitions, 1), batch_in(1, TestType::partitions, 2)};
  u.slots = 1;
  const auto done = b.apply(u);
  CHECK(done.enqueued == std::vector{enqueue_outcome::stored, enqueue_outcome::backlog_full});
  REQUIRE(done.granted.size() == 1);
  unit_of_work other{.partition = 2};
  other.enqueues = {batch_in(2, TestType::partitions)};
  CHECK(b.apply(other).enqueued == std::vector{enqueue_outcome::stored});
  unit_of_work dies{.partition = 1};
  dies.settlements = {bury{lease_of(done.granted[0]), {}}};
  CHECK(b.apply(dies).settled == std::vector{settle_outcome::no_room});
}

TEMPLATE_LIST_TEST_CASE("a queue is opened with the number of partitions that it was made with, or not at all",
                        "[store][partitions]", durable_backends_with_partitions) {
  store_under_test<TestType> b;
  lease_one_in_each(b);
  const auto before = b.stats();
  b.under_test->leave();
  b.under_test.reset();
  options o;
  for (const std::size_t other : {std::size_t{1}, TestType::partitions - 1, TestType::partitions + 1}) {
    o.queue.partitions = other;
    // Not by `partitioned`, which knows one number only.
    using unpartitioned = typename TestType::backend;
    auto opened = static_cast<unpartitioned&>(b.backend).open(o, "test");
    auto why = opened ? error{} : opened.error();
    if (opened) { // or by its first unit
      const auto done = (*opened)->apply({.now = b.backend.now()});
      REQUIRE(!done);
      why = done.error();
    }
    CHECK(why.code == errc::not_a_queue);
    CHECK(why.field == "queue.partitions");
    CHECK(why.message.find("must be " + std::to_string(TestType::partitions) + ", not " + std::to_string(other)) !=
          std::string::npos);
  }
  b.under_test = b.backend.open({}, "test").value();
  REQUIRE(b.under_test->apply({.now = b.backend.now()}));
  CHECK(b.stats().stored == before.stored);
}
