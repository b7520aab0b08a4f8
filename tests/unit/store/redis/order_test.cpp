#include <map>

#include "support/pipeline.hpp"
#include "unit/store/redis/queue_under_test.hpp"

// A queue that several processes share, and whose partitions are each delivered in order.

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t lines = 16;

struct ordered_queue : redis_queue_under_test {
  ordered_queue() {
    o.ordering = delivery_order::per_user;
    o.queue.partitions = lines;
    o.queue.is_multi_processor = true;
  }
};

std::vector<unit_of_work> unit_for_each(const store& of) {
  std::vector<unit_of_work> units(lines);
  for (std::size_t p = 0; p < lines; ++p) {
    units[p].partition = p;
    units[p].incarnation = incarnation_of(of);
    units[p].in_order = true;
  }
  return units;
}

// As many batches in each partition, `b-PARTITION` the first of them.
void put_in_each(store& to, std::size_t count) {
  auto units = unit_for_each(to);
  for (auto& u : units)
    for (std::size_t n = 0; n < count; ++n)
      u.enqueues.push_back(make("b-" + std::to_string(u.partition + n * lines)));
  for (const auto& done : to.apply_all(units))
    REQUIRE(done);
}

using leases_by_partition = std::map<std::size_t, leased_batch>;

// Settles what is given, and asks for more in every partition.
leases_by_partition next_of_each(store& from, const leases_by_partition& delivered = {}) {
  auto units = unit_for_each(from);
  for (auto& u : units)
    u.slots = 8;
  for (const auto& [p, b] : delivered)
    units[p].settlements.emplace_back(ack{lease_of(b)});
  leases_by_partition given;
  const auto results = from.apply_all(units);
  for (std::size_t p = 0; p < lines; ++p) {
    REQUIRE(results[p]);
    REQUIRE(results[p]->granted.size() <= 1);
    if (!results[p]->granted.empty())
      given.emplace(p, results[p]->granted[0]);
  }
  return given;
}

// What a process is told when it has seen that another one is alive.
error error_after_watching(store& newcomer, store& living) {
  work_result r;
  REQUIRE(eventually([&] {
    REQUIRE(apply(living));
    r = apply(newcomer);
    return signal_of(r) != store_signal::watched;
  }));
  REQUIRE(!r);
  return r.error();
}

// Whether it is the `n`th of its partition, from 0.
bool is_nth(const std::pair<const std::size_t, leased_batch>& b, std::size_t n) {
  return b.second.content->id == "b-" + std::to_string(b.first + n * lines);
}

} // namespace

TEST_CASE("processes that share a queue in order share out its partitions, and one batch of each is in flight",
          "[store][redis][partitions]") {
  ordered_queue q;
  auto a = q.process(), b = q.process();
  REQUIRE(next_of_each(*b).empty());
  put_in_each(*a, 3);
  auto of_a = next_of_each(*a), of_b = next_of_each(*b);
  CHECK(of_a.size() + of_b.size() == lines);
  CHECK(!of_a.empty()); // 1 time in 32 768 all fall to one of them
  CHECK(!of_b.empty());
  for (const auto& x : of_a) {
    CHECK(of_b.count(x.first) == 0);
    CHECK(is_nth(x, 0));
  }
  CHECK(next_of_each(*a).empty());
  CHECK(next_of_each(*b).empty());
  const auto more_of_a = next_of_each(*a, of_a);
  CHECK(more_of_a.size() == of_a.size());
  for (const auto& x : more_of_a) {
    CHECK(of_a.count(x.first) == 1);
    CHECK(is_nth(x, 1));
  }
  CHECK(next_of_each(*b).empty());
}

TEST_CASE("a partition changes hands when its batch in flight has come to an end", "[store][redis][partitions]") {
  ordered_queue q;
  auto a = q.process();
  put_in_each(*a, 3);
  const auto all = next_of_each(*a);
  REQUIRE(all.size() == lines);
  auto b = q.process();
  CHECK(next_of_each(*b).empty());
  const auto kept = next_of_each(*a, all);
  CHECK(kept.size() < lines);
  const auto moved = next_of_each(*b);
  CHECK(kept.size() + moved.size() == lines);
  for (const auto& x : moved)
    CHECK(is_nth(x, 1));

  SECTION("its process leaves") {
    b->leave();
    const auto back = next_of_each(*a);
    CHECK(back.size() == moved.size());
    for (const auto& x : back)
      CHECK(is_nth(x, 1)); // it was not delivered
  }
  SECTION("its process is silent") {
    leases_by_partition back;
    REQUIRE(eventually([&] { // its last sign of life is over, in one partition after another
      back.merge(next_of_each(*a));
      return back.size() >= moved.size();
    }));
    CHECK(back.size() == moved.size());
    for (const auto& x : back) {
      CHECK(moved.count(x.first) == 1);
      CHECK(is_nth(x, 1));
    }
    auto late = unit_for_each(*b);
    for (const auto& [p, x] : moved)
      late[p].settlements.emplace_back(ack{lease_of(x)});
    const auto results = b->apply_all(late);
    for (const auto& [p, x] : moved)
      CHECK(results[p]->settled == std::vector{settle_outcome::stale});
  }
}

TEST_CASE("a partition whose process lives and asks for nothing goes on with another one",
          "[store][redis][partitions]") {
  ordered_queue q;
  auto a = q.process();
  put_in_each(*a, 2);
  const auto all = next_of_each(*a);
  REQUIRE(all.size() == lines);
  auto b = q.process();
  REQUIRE(next_of_each(*b).empty());
  const auto kept = next_of_each(*a, all);
  auto of_b = next_of_each(*b); // and asks for nothing more: both deliver, and `a` has no room
  REQUIRE(kept.size() + of_b.size() == lines);
  auto units = unit_for_each(*b);
  for (const auto& [p, x] : of_b)
    units[p].settlements.emplace_back(release{lease_of(x)});
  for (const auto& done : b->apply_all(units))
    REQUIRE(done);
  leases_by_partition taken;
  REQUIRE(eventually([&] {
    REQUIRE(b->apply_all(unit_for_each(*b)).front()); // it lives
    taken.merge(next_of_each(*a));
    return taken.size() >= of_b.size();
  }));
  CHECK(a->stats()->owners.size() == 2);
  const auto back = [&] { // it asks again: a batch in flight is not its own, and the next is
    CHECK(next_of_each(*b).empty());
    CHECK(next_of_each(*a, taken).empty());
    put_in_each(*a, 3);
    return next_of_each(*b).size();
  }();
  CHECK(back == of_b.size());
}

TEST_CASE("a retry holds up its partition of a shared queue, whoever asks", "[store][redis][partitions]") {
  ordered_queue q;
  auto a = q.process();
  put_in_each(*a, 2);
  const auto all = next_of_each(*a);
  auto units = unit_for_each(*a);
  units.resize(1);
  units[0].settlements = {nack{lease_of(all.at(0)), 1h, {503, "busy"}}};
  REQUIRE(a->apply_all(units)[0]);
  auto b = q.process();
  CHECK(next_of_each(*b).empty());
  CHECK(next_of_each(*a).count(0) == 0);
}

TEST_CASE("all processes of a queue in Redis have an order for each user, or none has", "[store][redis][partitions]") {
  ordered_queue q;
  auto a = q.process();
  REQUIRE(apply(*a));
  q.o.ordering = delivery_order::none;
  SECTION("one that delivers") {
    auto b = q.process();
    const auto refused = error_after_watching(*b, *a);
    CHECK(refused.field == "ordering");
    CHECK(refused.message == "must be per_user, as in the processes that deliver from " + queue_name + ", or did last");
    a->leave();
    CHECK(apply(*b));
    q.o.ordering = delivery_order::per_user;
    auto c = q.process();
    CHECK(error_after_watching(*c, *b).message ==
          "must not be per_user, as in the processes that deliver from " + queue_name + ", or did last");
  }
  SECTION("one that comes when the others have been killed waits until that is certain") {
    auto b = q.process();
    work_result done;
    REQUIRE(eventually([&] {
      done = apply(*b);
      return done || signal_of(done) != store_signal::watched;
    }));
    CHECK(done);
  }
  SECTION("one that only stores") {
    q.o.queue.enqueue_only = true;
    CHECK(put(*q.process(), {make("x")}).error().field == "ordering");
    q.o.ordering = delivery_order::per_user;
    auto early = q.process();
    CHECK(put(*early, {make("x")}));
    a->leave();
    q.o.queue.enqueue_only = false;
    q.o.ordering = delivery_order::none;
    REQUIRE(apply(*q.process()));
    CHECK(put(*early, {make("y")}).error().field == "ordering");
  }
}
