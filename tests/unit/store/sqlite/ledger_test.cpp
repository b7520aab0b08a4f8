#include "support/catch.hpp"

#include <optional>

#include "unit/store/sqlite/queue_file.hpp"

// What a store answers about batches that it may have forgotten, see `unit_of_work::look_for`.

using namespace sluice;
using namespace sluice::test;

namespace {

const std::string ours(32, 'a'), theirs(32, 'b');

batch_ptr of_ours(const std::string& rest, std::uint32_t events = 10) {
  return std::make_shared<const batch>(
      batch{.id = ours + "-" + rest, .events = events, .payload = std::make_shared<const std::string>(100, 'p')});
}

/// A queue, and the process whose incarnation is `ours`.
struct checked_queue {
  explicit checked_queue(const options& o = {}) { open(o); }

  void open(const options& o = {}) {
    open_store.reset(); // the lock goes first
    open_store = *file.open(o);
  }
  work_done apply(unit_of_work w) {
    w.incarnation = ours;
    auto done = *file.apply(*open_store, std::move(w));
    const auto s = *open_store->stats();
    CHECK(s.stored == s.delivered + s.dead + s.ready + s.in_flight + s.retry + s.purged + s.erased);
    return done;
  }
  void put(std::vector<batch_ptr> batches) {
    unit_of_work w;
    w.enqueues = std::move(batches);
    apply(std::move(w));
  }
  lease claim() {
    unit_of_work w;
    w.slots = 1;
    const auto granted = apply(std::move(w)).granted;
    REQUIRE(granted.size() == 1);
    return {granted[0].content->id, granted[0].fence};
  }
  settle_outcome settle(settlement s) {
    unit_of_work w;
    w.settlements.push_back(std::move(s));
    return apply(std::move(w)).settled.at(0);
  }
  /// Gives the ids in the order in which they are granted.
  std::vector<std::string> claim_all() {
    unit_of_work w;
    w.slots = 100;
    std::vector<std::string> granted;
    for (const auto& b : apply(std::move(w)).granted)
      granted.push_back(b.content->id.substr(ours.size() + 1));
    return granted;
  }
  work_done look_for(const std::vector<std::string>& numbers) {
    unit_of_work w;
    for (const auto& n : numbers)
      w.look_for.push_back(ours + "-" + n);
    return apply(std::move(w));
  }
  ended_events ended() { return look_for({"1"}).ended; }

  queue_file file;
  std::unique_ptr<store> open_store;
};

} // namespace

TEST_CASE("a batch is found with what splits have made of it, and no other", "[store][sqlite]") {
  checked_queue q;
  q.put({of_ours("1"), of_ours("10"), of_ours("1-1")});
  CHECK(q.settle(split{q.claim(), of_ours("1.0", 4), of_ours("1.1", 6)}) == settle_outcome::applied);
  CHECK(q.settle(split{q.claim(), of_ours("1.0.0", 1), of_ours("1.0.1", 3)}) == settle_outcome::applied);
  CHECK(q.settle(bury{q.claim(), {}}) == settle_outcome::applied);
  CHECK(q.settle(nack{q.claim(), milliseconds{60'000}, {}}) == settle_outcome::applied);
  q.claim();
  const auto done = q.look_for({"1", "2", "10"});
  CHECK(done.found == std::vector<presence>{{9, 1}, {0, 0}, {10, 0}});
}

TEST_CASE("what a unit of work changes is found in its answer", "[store][sqlite]") {
  checked_queue q;
  unit_of_work w;
  w.enqueues = {of_ours("1")};
  w.look_for = {ours + "-1"};
  CHECK(q.apply(w).found == std::vector<presence>{{10, 0}});
}

TEST_CASE("an event ends once, whether it is delivered or buried first", "[store][sqlite]") {
  checked_queue q;
  q.put({of_ours("1"), of_ours("2"), of_ours("3")});
  q.settle(ack{q.claim()});
  q.settle(bury{q.claim(), {}});
  q.settle(bury{q.claim(), {}});
  CHECK(q.ended() == ended_events{.delivered = 10, .dead = 20});
  REQUIRE(q.open_store->replay_dead({}));
  CHECK(q.settle(split{q.claim(), of_ours("2.0", 5), of_ours("2.1", 5)}) == settle_outcome::applied);
  q.settle(ack{q.claim()});
  q.settle(bury{q.claim(), {}});
  q.settle(ack{q.claim()});
  REQUIRE(q.open_store->purge_dead({}));
  CHECK(q.ended() == ended_events{.delivered = 10, .dead = 20});
}

TEST_CASE("the events of another process are not counted as ended", "[store][sqlite]") {
  checked_queue q;
  unit_of_work w;
  w.enqueues = {std::make_shared<const batch>(
      batch{.id = theirs + "-1", .events = 10, .payload = std::make_shared<const std::string>("p")})};
  q.apply(w);
  q.settle(ack{q.claim()});
  CHECK(q.ended() == ended_events{});
}

TEST_CASE("a batch of which a half is there is there", "[store][sqlite]") {
  checked_queue q;
  q.put({of_ours("1")});
  q.settle(split{q.claim(), of_ours("1.0", 5), of_ours("1.1", 5)});
  q.settle(ack{q.claim()});
  q.put({of_ours("1")});
  CHECK(q.open_store->stats()->stored == 10);
  CHECK(q.claim_all() == std::vector<std::string>{"1.1"});
}

TEST_CASE("a split counts halves that are there already only once", "[store][sqlite]") {
  const bool both = GENERATE(true, false);
  checked_queue q;
  q.put({of_ours("1")});
  const auto whole = q.claim();
  unit_of_work w; // as if it had forgotten the split, but not what was restored since
  w.enqueues = {of_ours("1.0", 4)};
  if (both)
    w.enqueues.push_back(of_ours("1.1", 6));
  w.restores = true;
  q.apply(w);
  q.claim();
  CHECK(q.settle(split{whole, of_ours("1.0", 4), of_ours("1.1", 6)}) == settle_outcome::applied);
  const auto s = *q.open_store->stats();
  CHECK(s.stored == 10);
  CHECK(s.in_flight == 4); // it stays as it is
  CHECK(s.ready == 6);
}

TEST_CASE("what is restored has no bound, comes before everything that is ready, and is not leased",
          "[store][sqlite]") {
  options o;
  o.queue.max_backlog_events = 20;
  checked_queue q{o};
  q.put({of_ours("7"), of_ours("8")});
  unit_of_work w;
  w.enqueues = {of_ours("5"), of_ours("8"), of_ours("6")};
  w.restores = true;
  const auto done = q.apply(w);
  CHECK(done.enqueued == std::vector(3, enqueue_outcome::stored));
  CHECK(done.granted.empty());
  CHECK(q.claim_all() == std::vector<std::string>{"5", "6", "7", "8"});
}

TEST_CASE("what the store buried for want of a body is reported once", "[store][sqlite]") {
  checked_queue q;
  q.put({of_ours("1"), of_ours("2")});
  sqlite_db{q.file.path, milliseconds{5'000}}.script("DELETE FROM body WHERE n = 1");
  unit_of_work w;
  w.slots = 2;
  const auto done = q.apply(w);
  REQUIRE(done.buried.size() == 1);
  CHECK(done.buried[0].id == ours + "-1");
  CHECK(done.buried[0].events == 10);
  CHECK(done.buried[0].why.reason == "body_missing");
  CHECK(q.ended() == ended_events{.dead = 10});
  CHECK(q.look_for({}).buried.empty());
}

TEST_CASE("poison that dies when the queue is opened is reported by the first unit of work", "[store][sqlite]") {
  options o;
  o.queue.max_crashes = 0;
  checked_queue q;
  q.put({of_ours("1")});
  q.claim();
  q.open(o);
  const auto done = q.look_for({});
  REQUIRE(done.buried.size() == 1);
  CHECK(done.buried[0].id == ours + "-1");
  CHECK(done.buried[0].why.reason.find("poison") != std::string::npos);
  CHECK(q.look_for({}).buried.empty());
}

TEST_CASE("a dead letter that can never have room drops none, and others no more than they need", "[store][sqlite]") {
  options o;
  o.dead_letters = {.max_events = 20, .when_full = dead_letters_full::drop_oldest};
  checked_queue q{o};
  q.put({of_ours("1"), of_ours("2"), of_ours("3", 21), of_ours("4")});
  q.settle(bury{q.claim(), {}});
  q.file.now += milliseconds{1};
  q.settle(bury{q.claim(), {}});
  CHECK(q.settle(bury{q.claim(), {}}) == settle_outcome::no_room);
  CHECK(q.open_store->stats()->purged == 0);
  CHECK(q.settle(bury{q.claim(), {}}) == settle_outcome::applied);
  CHECK(q.open_store->stats()->purged == 10);
  CHECK(q.look_for({"1", "2", "4"}).found == std::vector<presence>{{0, 0}, {0, 10}, {0, 10}});
}
