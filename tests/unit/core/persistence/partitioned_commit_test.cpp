#include "support/catch.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "core/persistence/partitioned_commit.hpp"
#include "store/memory_store.hpp"

using namespace sluice;
using namespace std::chrono_literals;

namespace {

constexpr store_time wall{milliseconds{1'000'000}};
constexpr partitioned_commit::moment noon{};
using partitions = std::vector<std::size_t>;

batch_ptr of_number(std::uint64_t n) {
  return std::make_shared<const batch>(
      batch{.id = "inc-" + std::to_string(n), .events = 1, .payload = std::make_shared<const std::string>("x")});
}

leased_batch leased_of_number(std::uint64_t n) {
  return {.content = of_number(n), .fence = 1};
}

/// A queue in three partitions, whose units are applied as a test says.
struct three {
  explicit three(options o = {}, std::size_t capacity = 6)
      : commit{[&o] {
                 o.queue.partitions = 3;
                 return o;
               }(),
               false, "inc"} {
    commit.store({});
    commit.pull(capacity, {});
    commit.set_attached(true);
    apply(next());
    apply(next());
  }

  std::vector<unit_of_work> next(milliseconds after = 0ms) { return commit.next(wall, noon + after); }

  // Applied, but in partitions that are away: gives what is ready as far as there are slots.
  effects apply(const std::vector<unit_of_work>& units, const std::set<std::size_t>& away = {},
                milliseconds after = 0ms) {
    std::vector<work_result> results;
    for (const auto& u : units)
      results.push_back(away.contains(u.partition) ? work_result{store_error{{errc::store_failed, "", "away"}}}
                                                   : work_result{done(u)});
    return commit.came_of(units, results, noon + after, [] { return 0.0; });
  }

  work_done done(const unit_of_work& u) {
    work_done d;
    d.settled.resize(u.settlements.size(), settle_outcome::applied);
    d.enqueued.resize(u.enqueues.size(), enqueue_outcome::stored);
    auto& waiting = ready[u.partition];
    for (const auto& b : u.enqueues)
      waiting.push_back({.content = b, .fence = 1});
    while (!waiting.empty() && d.granted.size() < u.slots) {
      d.granted.push_back(waiting.front());
      waiting.erase(waiting.begin());
    }
    d.paused = paused;
    d.next_due = due[u.partition];
    for (const auto& id : u.look_for)
      d.found.push_back({.waiting = static_cast<std::uint32_t>(std::stoul(id.substr(4)))});
    if (u.wants_ended)
      d.ended = {.delivered = 10 + u.partition, .dead = 1};
    return d;
  }

  partitioned_commit commit;
  std::map<std::size_t, std::vector<leased_batch>> ready;
  std::map<std::size_t, std::optional<store_time>> due;
  bool paused = false;
};

/// A queue in partitions in memory, some of which may be away.
struct in_memory {
  in_memory(options o, std::size_t capacity) : store{o}, commit{o, false, "inc"} {
    commit.store({});
    commit.pull(capacity, {});
    commit.set_attached(true);
    go_on(0ms);
  }

  // Applies units until none follows at once. Gives the ids of the leases.
  std::vector<std::string> go_on(milliseconds at) {
    std::vector<std::string> granted;
    for (int round = 0; round < 50; ++round) {
      const auto units = commit.next(wall + at, noon + at);
      std::vector<work_result> results;
      for (const auto& u : units)
        results.push_back(away.contains(u.partition) ? work_result{store_error{{errc::store_failed, "", "away"}}}
                                                     : store.apply(u));
      const auto e = commit.came_of(units, results, noon + at, [] { return 0.0; });
      for (const auto& b : e.granted)
        granted.push_back(b.content->id);
      if (!e.again || *e.again > 0ms)
        return granted;
    }
    FAIL("it goes on for ever");
    return granted;
  }

  memory_store store;
  partitioned_commit commit;
  std::set<std::size_t> away;
};

options partitioned_into(std::size_t n) {
  options o;
  o.queue.partitions = n;
  return o;
}

partitions partitions_of(const std::vector<unit_of_work>& units) {
  partitions list;
  for (const auto& u : units)
    list.push_back(u.partition);
  std::sort(list.begin(), list.end());
  return list;
}

partitions slots_of(const std::vector<unit_of_work>& units) {
  partitions list;
  for (const auto& u : units)
    list.push_back(u.slots);
  return list;
}

std::vector<std::string> ids_of(const std::vector<leased_batch>& batches) {
  std::vector<std::string> list;
  for (const auto& b : batches)
    list.push_back(b.content->id);
  return list;
}

} // namespace

TEST_CASE("a partition is touched when it has something to do, and no other is", "[core][partitioned commit]") {
  three q;
  CHECK(q.next().empty());
  q.commit.store({of_number(4), of_number(2)});
  auto units = q.next();
  REQUIRE(partitions_of(units) == partitions{1, 2});
  CHECK(units[0].enqueues[0]->id == "inc-4");
  CHECK(units[1].enqueues[0]->id == "inc-2");
  CHECK(ids_of(q.apply(units).granted) == std::vector<std::string>{"inc-4", "inc-2"});
  CHECK(q.next().empty());
  q.commit.settle({nack{{"inc-2", 1}, 1s, {}}}, noon);
  units = q.next();
  REQUIRE(partitions_of(units) == partitions{2});
  CHECK(units[0].settlements.size() == 1);
  q.apply(units);
  CHECK(q.next().empty());
  q.commit.look_at_all();
  CHECK(partitions_of(q.next()) == partitions{0, 1, 2});
}

TEST_CASE("an acknowledgement waits for what is stored next, and not for long", "[core][partitioned commit]") {
  three q;
  q.commit.store({of_number(1), of_number(2), of_number(4)});
  q.apply(q.next());
  q.commit.settle({ack{{"inc-1", 1}}}, noon);
  q.commit.settle({ack{{"inc-4", 1}}, ack{{"inc-2", 1}}}, noon + 2ms);
  CHECK(q.apply(q.next(2ms), {}, 2ms).again == 3ms);
  SECTION("a batch that is stored in its partition takes it along") {
    q.commit.store({of_number(7)});
    auto units = q.next(3ms);
    REQUIRE(partitions_of(units) == partitions{1});
    CHECK(units[0].settlements.size() == 2);
    CHECK(q.apply(units, {}, 3ms).again == 4ms);
    units = q.next(7ms);
    REQUIRE(partitions_of(units) == partitions{2});
    CHECK(units[0].settlements.size() == 1);
    CHECK(!q.apply(units, {}, 7ms).again);
  }
  SECTION("if nothing is stored, it waits 5 ms") {
    CHECK(q.next(4ms).empty());
    CHECK(partitions_of(q.next(5ms)) == partitions{1});
  }
  SECTION("many do not wait") {
    for (std::uint64_t n = 7; n < 46; n += 3)
      q.commit.settle({ack{{"inc-" + std::to_string(n), 1}}}, noon + 3ms);
    CHECK(q.next(3ms).empty());
    q.commit.settle({ack{{"inc-46", 1}}}, noon + 3ms);
    CHECK(partitions_of(q.next(3ms)) == partitions{1});
  }
  SECTION("at the end it waits no longer") {
    q.commit.set_capacity(0);
    CHECK(partitions_of(q.next(2ms)) == partitions{0, 1, 2});
  }
}

TEST_CASE("leases are shared out evenly, and no more than there are slots", "[core][partitioned commit]") {
  three q{{}, 4};
  for (std::uint64_t n = 3; n < 18; ++n)
    q.ready[n % 3].push_back(leased_of_number(n));
  q.commit.look_at_all();
  auto units = q.next();
  CHECK(slots_of(units).size() == 3);
  auto given = q.apply(units).granted;
  CHECK(given.size() == 4);
  std::map<std::size_t, int> in;
  for (const auto& b : given)
    ++in[partition_of(b.content->id, 3)];
  CHECK(in.size() == 3);
  CHECK(q.next().empty());
  // What one gives back goes to all in turn: none waits for ever.
  std::set<std::size_t> served;
  for (int i = 0; i < 9; ++i) {
    const auto over = given.front();
    given.erase(given.begin());
    q.commit.settle({ack{{over.content->id, 1}}}, noon);
    for (auto more = q.next(); !more.empty(); more = q.next())
      for (const auto& b : q.apply(more).granted) {
        given.push_back(b);
        served.insert(partition_of(b.content->id, 3));
      }
    REQUIRE(given.size() == 4);
  }
  CHECK(served.size() == 3);
}

TEST_CASE("in strict order the next batch does not wait for the acknowledgement of the one before to be stored",
          "[core][partitioned commit]") {
  auto o = partitioned_into(1);
  o.ordering = delivery_order::strict;
  in_memory q{o, 8};
  q.commit.store({of_number(1), of_number(2)});
  CHECK(q.go_on(1ms) == std::vector<std::string>{"inc-1"});
  q.commit.settle({ack{{"inc-1", 1}}}, noon + 1ms);
  CHECK(q.go_on(1ms) == std::vector<std::string>{"inc-2"});
}

TEST_CASE("with an order for each user a partition delivers one batch at a time", "[core][partitioned commit]") {
  options o;
  o.ordering = delivery_order::per_user;
  three q{o, 8};
  q.commit.store({of_number(1), of_number(4), of_number(2), of_number(7)});
  auto units = q.next();
  for (const auto& u : units)
    CHECK(u.in_order);
  CHECK(ids_of(q.apply(units).granted) == std::vector<std::string>{"inc-1", "inc-2"});
  CHECK(q.next().empty());
  q.commit.settle({ack{{"inc-1", 1}}}, noon);
  CHECK(ids_of(q.apply(q.next()).granted) == std::vector<std::string>{"inc-4"});
  SECTION("max_in_flight bounds all of them") {
    three one{o, 1};
    one.commit.store({of_number(1), of_number(2), of_number(3)});
    CHECK(one.apply(one.next()).granted.size() == 1);
    CHECK(one.next().empty());
  }
}

TEST_CASE("one that is away holds up no other, and is tried again when it is time", "[core][partitioned commit]") {
  three q;
  q.commit.store({of_number(1), of_number(2)});
  const auto e = q.apply(q.next(), {1});
  CHECK(ids_of(e.granted) == std::vector<std::string>{"inc-2"});
  CHECK(e.log.size() == 1);
  CHECK(e.again == 100ms);
  CHECK(!q.commit.is_failing());
  q.commit.store({of_number(4), of_number(5)});
  const auto units = q.next(50ms);
  CHECK(partitions_of(units) == partitions{2});
  CHECK(q.apply(units, {}, 50ms).again == 50ms);
  const auto late = q.next(100ms);
  REQUIRE(partitions_of(late) == partitions{1});
  CHECK(late[0].enqueues.size() == 2);
  CHECK(std::holds_alternative<retain>(late[0].settlements.at(0)));
  CHECK(!q.apply(late, {}, 100ms).again);
  SECTION("only when all are away is nothing done") {
    q.commit.look_at_all();
    const auto gone = q.apply(q.next(), {0, 1, 2});
    CHECK(q.commit.is_failing());
    CHECK(gone.log.size() == 1); // they say the same
    CHECK(q.next().empty());
    CHECK(partitions_of(q.next(100ms)) == partitions{0, 1, 2});
  }
}

TEST_CASE("what the buffer looks for is found when every partition has answered", "[core][partitioned commit]") {
  three q;
  q.commit.look({.number = 7, .ids = {"inc-4", "inc-3", "inc-1"}, .first_open = 1});
  const auto units = q.next();
  REQUIRE(partitions_of(units) == partitions{0, 1, 2}); // all are asked for what has ended in them
  CHECK(units[0].look_for == std::vector<std::string>{"inc-3"});
  CHECK(units[1].look_for == std::vector<std::string>{"inc-4", "inc-1"});
  CHECK(units[2].look_for.empty());
  CHECK(units[2].wants_ended);
  CHECK(!q.apply(units, {2}).found);
  CHECK(q.next().empty());
  auto again = q.next(1s);
  CHECK(partitions_of(again) == partitions{2});
  CHECK(!q.apply(again, {}, 1s).found); // it alone says nothing
  again = q.next(1s);
  REQUIRE(partitions_of(again) == partitions{0, 1, 2});
  const auto e = q.apply(again, {}, 1s);
  REQUIRE(e.found);
  CHECK(e.found->number == 7);
  std::vector<std::uint32_t> waiting;
  for (const auto& p : e.found->found)
    waiting.push_back(p.waiting);
  CHECK(waiting == std::vector<std::uint32_t>{4, 3, 1});
  CHECK(e.found->ended == std::vector<ended_events>{{10, 1}, {11, 1}, {12, 1}});
}

TEST_CASE("the next retry is the first of all partitions", "[core][partitioned commit]") {
  three q;
  q.due = {{1, wall + 9s}, {2, wall + 5s}};
  q.commit.look_at_all();
  CHECK(q.apply(q.next()).next_due == std::optional{std::optional{wall + 5s}});
  q.due[2].reset();
  q.commit.look_at_all();
  CHECK(q.apply(q.next()).next_due == std::optional{std::optional{wall + 9s}});
  q.commit.look_at_all();
  CHECK(!q.apply(q.next()).next_due);
}

TEST_CASE("burials in a row are counted over all partitions, and pause every one", "[core][partitioned commit]") {
  options o;
  o.dead_letters.pause_after = 3;
  three q{o};
  q.commit.store({of_number(1), of_number(2), of_number(3), of_number(4), of_number(5)});
  q.apply(q.next());
  for (const auto* const id : {"inc-1", "inc-2", "inc-3", "inc-4", "inc-5"})
    q.commit.settle({bury{{id, 1}, {.status = 422, .reason = "no"}}}, noon);
  auto units = q.next();
  std::size_t burials = 0;
  for (const auto& u : units)
    for (const auto& s : u.settlements)
      burials += std::holds_alternative<bury>(s) ? 1 : 0;
  CHECK(burials == 3);
  CHECK(q.apply(units).pause);
  units = q.next();
  REQUIRE(partitions_of(units) == partitions{0, 1, 2});
  for (const auto& u : units)
    CHECK(u.pause == true);
  q.paused = true;
  CHECK(!q.apply(units).pause); // said once
  q.commit.resume();
  units = q.next();
  for (const auto& u : units)
    CHECK(u.pause == false);
  q.paused = false;
  CHECK(q.apply(units).pause == std::string{});
}

TEST_CASE("what a process finds leased is its own, partition by partition", "[core][partitioned commit]") {
  three q;
  q.commit.pull(6, {leased_of_number(1), leased_of_number(2), leased_of_number(4)});
  for (const auto& u : q.next()) {
    const auto& kept = std::get<retain>(u.settlements.at(0)).leases;
    CHECK(kept.size() == (u.partition == 0 ? 0 : u.partition == 1 ? 2 : 1));
  }
}

TEST_CASE("a retry that falls due while another partition takes the slot is not forgotten",
          "[core][partitioned commit]") {
  using ids = std::vector<std::string>;
  SECTION("after a delay") {
    in_memory q{partitioned_into(2), 2};
    q.commit.store({of_number(1), of_number(3)});
    CHECK(q.go_on(1ms) == ids{"inc-1", "inc-3"});
    q.commit.settle({nack{{"inc-1", 1}, 10ms, {}}}, noon + 1ms);
    q.go_on(2ms);
    q.commit.store({of_number(2), of_number(4)});
    CHECK(q.go_on(3ms) == ids{"inc-2"});
    q.commit.settle({ack{{"inc-3", 1}}}, noon + 7ms); // the retry is due in the same unit
    CHECK(q.go_on(12ms) == ids{"inc-4"});
    q.commit.settle({ack{{"inc-2", 1}}}, noon + 13ms);
    CHECK(q.go_on(13ms) == ids{"inc-1"});
  }
  SECTION("at once") {
    in_memory q{partitioned_into(2), 1};
    q.commit.store({of_number(1)});
    CHECK(q.go_on(1ms) == ids{"inc-1"});
    q.commit.store({of_number(2)});
    q.go_on(2ms);
    q.commit.settle({nack{{"inc-1", 1}, 0ms, {}}}, noon + 3ms);
    CHECK(q.go_on(3ms) == ids{"inc-2"});
    q.commit.settle({ack{{"inc-2", 1}}}, noon + 4ms);
    CHECK(q.go_on(4ms) == ids{"inc-1"});
  }
}

TEST_CASE("an operator's resume counts while a partition that was to be paused is away", "[core][partitioned commit]") {
  auto o = partitioned_into(3);
  o.dead_letters.pause_after = 2;
  in_memory q{o, 6};
  q.commit.store({of_number(1), of_number(4)});
  q.go_on(1ms);
  q.away = {2};
  for (const auto* const id : {"inc-1", "inc-4"})
    q.commit.settle({bury{{id, 1}, {.status = 422, .reason = "no"}}}, noon);
  q.go_on(2ms);
  CHECK(q.store.stats()->paused);
  REQUIRE(q.store.set_paused(false));
  q.commit.store({of_number(7), of_number(3)});
  q.commit.look_at_all();
  CHECK(q.go_on(1'000ms) == std::vector<std::string>{"inc-3", "inc-7"});
  q.away.clear();
  q.commit.look_at_all();
  q.go_on(2'000ms);
  CHECK(!q.store.stats()->paused);
}
