#include "support/catch.hpp"

#include <filesystem>
#include <map>

#include "store/make_store.hpp"
#include "store/sqlite/enqueuer.hpp"
#include "support/small_disk.hpp"
#include "unit/store/sqlite/queue_file.hpp"

// A queue in a file that has several partitions: what the contract of all stores does not say.

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

namespace fs = std::filesystem;

namespace {

constexpr std::size_t partitions = 3;

options file_in_partitions(options o = {}, std::size_t n = partitions) {
  o.queue.partitions = n;
  o.sqlite.durability = sqlite_durability::normal;
  return o;
}

// The `n`th batch of a partition.
batch_ptr batch_in(std::size_t partition, std::size_t n, std::size_t bytes = 100) {
  return std::make_shared<const batch>(batch{.id = "p-" + std::to_string(partition + n * partitions),
                                             .events = 10,
                                             .payload = std::make_shared<const std::string>(bytes, 'p')});
}

lease lease_on(const leased_batch& b) {
  return {b.content->id, b.fence};
}

/// What a persister would do with each partition of a queue in a file.
struct partitioned_file : queue_file {
  using queue_file::queue_file;

  unit_of_work unit_in(std::size_t partition) const { return {.now = now, .partition = partition}; }
  std::vector<unit_of_work> unit_in_each() const {
    std::vector<unit_of_work> units;
    for (std::size_t p = 0; p < partitions; ++p)
      units.push_back(unit_in(p));
    return units;
  }
  enqueue_outcome put_in(store& to, std::size_t partition, const batch_ptr& b) const {
    auto w = unit_in(partition);
    w.enqueues = {b};
    const auto done = to.apply(w);
    REQUIRE(done);
    return done->enqueued.at(0);
  }
  std::vector<leased_batch> claim_in(store& from, std::size_t partition, std::size_t n = 1) const {
    auto w = unit_in(partition);
    w.slots = n;
    const auto done = from.apply(w);
    REQUIRE(done);
    return done->granted;
  }
  lease lease_in(store& from, std::size_t partition) const { return lease_on(claim_in(from, partition).at(0)); }
  work_done settle_in(store& in, std::size_t partition, settlement s) const {
    auto w = unit_in(partition);
    w.settlements.push_back(std::move(s));
    const auto done = in.apply(w);
    REQUIRE(done);
    return *done;
  }
  /// A batch of a partition is put, and buried.
  void put_dead(store& in, std::size_t partition, std::size_t n) const {
    REQUIRE(put_in(in, partition, batch_in(partition, n)) == enqueue_outcome::stored);
    settle_in(in, partition, bury{lease_in(in, partition), {400, "no"}});
  }
  /// Whether the totals of every partition are those of its batches.
  bool agrees() const {
    sqlite_db db{path, milliseconds{5'000}};
    std::int64_t wrong = -1;
    db.query("SELECT count(*) FROM total AS t WHERE EXISTS(SELECT 1 FROM ("
             "SELECT total(events * (state = 0)) AS ready, total(events * (state = 1)) AS in_flight,"
             "  total(events * (state = 2)) AS retry, total(events * (state = 3)) AS dead,"
             "  total(bytes * (state <> 3)) AS backlog_bytes, total(bytes * (state = 3)) AS dead_bytes"
             "  FROM batch WHERE partition = t.partition) AS b "
             "WHERE (b.ready, b.in_flight, b.retry, b.dead, b.backlog_bytes, b.dead_bytes) <>"
             "  (t.ready, t.in_flight, t.retry, t.dead, t.backlog_bytes, t.dead_bytes)"
             "  OR t.stored <> t.delivered + t.purged + t.erased + t.ready + t.in_flight + t.retry + t.dead)",
             {}, [&](const sqlite_row& r) { wrong = r.integer(0); });
    return wrong == 0;
  }
};

std::vector<std::string> dead_ids(queue_admin& in) {
  std::vector<std::string> found;
  const auto letters = in.list_dead("", 100);
  REQUIRE(letters);
  for (const auto& d : *letters)
    found.push_back(d.id);
  return found;
}

// The names and contents of the files in a folder.
std::map<std::string, std::string> files_in(const std::string& folder) {
  std::map<std::string, std::string> files;
  for (const auto& f : fs::directory_iterator{folder})
    files[f.path().filename().string()] = read_file(f.path().string());
  return files;
}

} // namespace

TEST_CASE("another number of partitions is refused, and nothing is touched", "[store][sqlite]") {
  partitioned_file running, q;
  { // as a process leaves its files that is killed, with a part of the queue in the log
    const auto open = *running.open(file_in_partitions());
    for (std::size_t p = 0; p < partitions; ++p)
      running.put_in(*open, p, batch_in(p, 1));
    for (const char* file : {"", "-wal"})
      fs::copy_file(running.path + file, q.path + file);
  }
  const auto before = files_in(q.folder.path());
  REQUIRE(before.size() == 2);
  for (const std::size_t other : {std::size_t{1}, std::size_t{2}, std::size_t{4}, std::size_t{256}})
    for (const auto open : {sqlite_store::open, sqlite_enqueuer::open}) {
      const auto refused = open(q.path, file_in_partitions({}, other), "one");
      REQUIRE(!refused);
      CHECK(refused.error().code == errc::not_a_queue);
      CHECK(refused.error().field == "queue.partitions");
      CHECK(refused.error().message ==
            "must be 3, not " + std::to_string(other) +
                ": the queue was made with 3 partitions; `sluice repartition` changes it while nothing runs");
      CHECK(files_in(q.folder.path()) == before);
    }
  const auto open = q.open(file_in_partitions());
  REQUIRE(open);
  CHECK((*open)->stats()->ready == 30);
}

TEST_CASE("a process that enqueues makes a queue with its number of partitions", "[store][sqlite]") {
  partitioned_file q;
  REQUIRE(sqlite_enqueuer::open(q.path, file_in_partitions({}, 256), "one"));
  const auto refused = q.open(file_in_partitions());
  REQUIRE(!refused);
  CHECK(refused.error().message.find("must be 256, not 3") == 0);
  CHECK(q.open(file_in_partitions({}, 256)));
}

TEST_CASE("what was in flight in a crash is taken back in every partition, and poison dies in its own",
          "[store][sqlite]") {
  partitioned_file q;
  options o = file_in_partitions();
  o.queue.max_crashes = 1;
  auto open = *q.open(o);
  const auto crash = [&] {
    open.reset(); // the lock goes first
    open = *q.open(o);
    CHECK(q.agrees());
  };
  for (std::size_t p = 0; p < partitions; ++p)
    q.put_in(*open, p, batch_in(p, 1));
  q.put_in(*open, 0, batch_in(0, 2));
  CHECK(q.claim_in(*open, 1).size() == 1);
  CHECK(q.claim_in(*open, 2).size() == 1);
  crash();
  CHECK(open->stats()->ready == 40);
  CHECK(q.claim_in(*open, 1).at(0).fence == 2);
  q.settle_in(*open, 2, ack{q.lease_in(*open, 2)});
  q.put_in(*open, 2, batch_in(2, 2));
  CHECK(q.claim_in(*open, 2).size() == 1);
  crash();
  CHECK(dead_ids(*open) == std::vector<std::string>{"p-4"});
  CHECK(open->stats()->ready == 30);
  for (const bool is_reported : {true, false}) {
    const auto done = open->apply_all(q.unit_in_each());
    CHECK(done.at(0)->buried.empty());
    CHECK(done.at(1)->buried.size() == (is_reported ? 1 : 0));
    CHECK(done.at(2)->buried.empty());
  }
  CHECK(q.claim_in(*open, 0).at(0).fence == 1);
  CHECK(q.claim_in(*open, 2).at(0).content->id == "p-8");
}

TEST_CASE("a process that ends in order gives back what it has leased in every partition", "[store][sqlite]") {
  partitioned_file q;
  options o = file_in_partitions();
  o.queue.max_crashes = 1;
  auto open = *q.open(o);
  for (std::size_t p = 0; p < partitions; ++p)
    q.put_in(*open, p, batch_in(p, 1));
  for (const bool in_order : {true, false}) {
    for (std::size_t p = 0; p < partitions; ++p)
      CHECK(q.claim_in(*open, p).size() == 1);
    if (in_order)
      open->leave();
    open.reset(); // the lock goes first
    open = *q.open(o);
    CHECK(open->stats()->ready == 30); // the crash is the first one
    CHECK(q.agrees());
  }
}

TEST_CASE("the room for the next process is kept while any partition has something for it", "[store][sqlite]") {
  partitioned_file q;
  const bool is_waiting = GENERATE(true, false);
  const auto open = *q.open(file_in_partitions());
  if (is_waiting)
    q.put_in(*open, 2, batch_in(2, 1));
  open->leave();
  CHECK(fs::exists(q.path + ".reserve") == is_waiting);
}

TEST_CASE("what is due becomes ready with the work of its own partition", "[store][sqlite]") {
  partitioned_file q;
  const auto open = *q.open(file_in_partitions());
  for (std::size_t p = 0; p < partitions; ++p) {
    q.put_in(*open, p, batch_in(p, 1));
    q.settle_in(*open, p, nack{q.lease_in(*open, p), milliseconds{1'000 * (p + 1)}, {}});
  }
  const auto start = q.now;
  CHECK(open->apply(q.unit_in(1))->next_due == start + 2s);
  q.now += 10s;
  CHECK(q.claim_in(*open, 1, 8).at(0).content->id == "p-4");
  CHECK(open->stats()->retry == 20);
  CHECK(q.agrees());
}

TEST_CASE("a lease is settled in its own partition only, and only its own are taken back", "[store][sqlite]") {
  partitioned_file q;
  const auto open = *q.open(file_in_partitions());
  std::vector<lease> leases;
  for (std::size_t p = 0; p < partitions; ++p) {
    q.put_in(*open, p, batch_in(p, 1));
    leases.push_back(q.lease_in(*open, p));
  }
  CHECK(q.settle_in(*open, 0, ack{leases[1]}).settled.at(0) == settle_outcome::gone);
  q.settle_in(*open, 0, retain{});
  CHECK(open->stats()->ready == 10);
  CHECK(open->stats()->in_flight == 20);
  CHECK(q.agrees());
  CHECK(q.settle_in(*open, 1, ack{leases[1]}).settled.at(0) == settle_outcome::applied);
}

TEST_CASE("a process that enqueues puts batches into partitions beside their owner, within their bounds",
          "[store][sqlite]") {
  partitioned_file q;
  options o = file_in_partitions();
  o.queue.max_backlog_events = 20 * partitions;
  const auto owner = *q.open(o);
  q.put_in(*owner, 1, batch_in(1, 1));
  const auto leased = q.claim_in(*owner, 1);
  auto other = *sqlite_enqueuer::open(q.path, o, "one");
  auto units = q.unit_in_each();
  for (std::size_t p = 0; p < partitions; ++p) {
    units[p].enqueues = {batch_in(p, 3), batch_in(p, 2)};
    units[p].look_for = {batch_in(p, 2)->id};
  }
  units[0].settlements = {ack{lease_on(leased.at(0))}};
  units.push_back(q.unit_in(0)); // asks for nothing
  const auto done = other->apply_all(units);
  REQUIRE(done.size() == 4);
  CHECK(done[0]->settled == std::vector{settle_outcome::stale});
  for (const std::size_t p : {std::size_t{0}, std::size_t{2}}) {
    CHECK(done[p]->enqueued == std::vector(2, enqueue_outcome::stored));
    CHECK(done[p]->found == std::vector<presence>{{.waiting = 10}});
  }
  CHECK(done[1]->enqueued == std::vector{enqueue_outcome::stored, enqueue_outcome::backlog_full});
  CHECK(done[3]->enqueued.empty());
  CHECK(q.agrees());
  CHECK(owner->stats()->in_flight == 10);
  CHECK(q.claim_in(*owner, 2, 8).size() == 2);
  CHECK(q.claim_in(*owner, 1, 8).at(0).content->id == batch_in(1, 3)->id);
  CHECK(q.claim_in(*owner, 0).at(0).content->id == batch_in(0, 3)->id); // its order is the partition's
}

TEST_CASE("the units of a call fail together, and leave nothing", "[store][sqlite]") {
  partitioned_file q;
  const bool only_enqueues = GENERATE(false, true);
  auto open = *(only_enqueues ? sqlite_enqueuer::open : sqlite_store::open)(q.path, file_in_partitions(), "one");
  sqlite_db{q.path, milliseconds{5'000}}.script("CREATE TRIGGER refusal BEFORE INSERT ON batch WHEN new.partition = 1 "
                                                "BEGIN SELECT RAISE(ABORT, 'refused'); END");
  auto units = q.unit_in_each();
  for (std::size_t p = 0; p < partitions; ++p) {
    units[p].enqueues = {batch_in(p, 1)};
  }
  const auto done = open->apply_all(units);
  REQUIRE(done.size() == partitions);
  for (const auto& d : done) {
    REQUIRE(!d);
    CHECK(d.error().code == errc::store_failed);
    CHECK(d.error().message.find("refused") != std::string::npos);
  }
  CHECK(open->stats()->stored == 0);
  CHECK(q.agrees());
  sqlite_db{q.path, milliseconds{5'000}}.script("DROP TRIGGER refusal");
  for (const auto& d : open->apply_all(units))
    CHECK(d->enqueued == std::vector{enqueue_outcome::stored});
  CHECK(open->stats()->stored == 30);
  CHECK(open->apply_all({}).empty());
}

TEST_CASE("a full disk refuses new batches of every partition of a call, and settles all of them", "[store][sqlite]") {
  small_disk disk;
  partitioned_file q{disk.path()};
  const auto open = *q.open(file_in_partitions());
  auto units = q.unit_in_each();
  for (std::size_t p = 0; p < partitions; ++p) {
    q.put_in(*open, p, batch_in(p, 1));
    units[p].settlements = {ack{q.lease_in(*open, p)}};
    units[p].enqueues = {batch_in(p, 2, 1'500'000)};
  }
  disk.fill();
  const auto done = open->apply_all(units);
  for (const auto& d : done) {
    REQUIRE(d);
    CHECK(d->settled == std::vector{settle_outcome::applied});
    CHECK(d->enqueued == std::vector{enqueue_outcome::backlog_full});
  }
  CHECK(open->stats()->delivered == 30);
  CHECK(open->stats()->stored == 30);
}

TEST_CASE("a partition whose dead letters are full drops the oldest of its own", "[store][sqlite]") {
  partitioned_file q;
  options o = file_in_partitions();
  o.dead_letters = {.max_events = 20 * partitions, .when_full = dead_letters_full::drop_oldest};
  const auto open = *q.open(o);
  for (const auto& [partition, n] : std::vector<std::pair<std::size_t, std::size_t>>{{0, 1}, {1, 2}, {1, 1}, {2, 1}}) {
    q.put_dead(*open, partition, n);
    q.now += 1ms;
  }
  q.put_in(*open, 1, batch_in(1, 3));
  CHECK(q.settle_in(*open, 1, bury{q.lease_in(*open, 1), {}}).purged_events == 10);
  CHECK(dead_ids(*open) == std::vector<std::string>{"p-3", "p-4", "p-5", "p-10"});
  CHECK(open->stats()->purged == 10);
  CHECK(q.agrees());
}

TEST_CASE("operators need not say how many partitions a queue has", "[store][sqlite]") {
  partitioned_file q;
  const auto open = *q.open(file_in_partitions());
  const auto start = q.now;
  for (std::size_t p = partitions; p-- > 0;) { // the last one has the oldest of each state
    q.put_dead(*open, p, 1);
    q.put_in(*open, p, batch_in(p, 2));
    q.settle_in(*open, p, nack{q.lease_in(*open, p), 1min, {503, "busy"}});
    q.put_in(*open, p, batch_in(p, 3));
    q.now += 1s;
  }
  options o;
  o.persistence = "sqlite:" + q.path;
  const auto admin = *make_queue_admin(o);
  const auto s = *admin->stats();
  CHECK(s.stored == 90);
  CHECK(s.ready == 30);
  CHECK(s.retry == 30);
  CHECK(s.dead == 30);
  CHECK(s.oldest_ready == start);
  CHECK(s.oldest_dead == start);
  CHECK(s.next_retry == start + 1min);
  CHECK(dead_ids(*admin) == std::vector<std::string>{"p-5", "p-4", "p-3"});
  CHECK(admin->show_dead("p-4")->why.status == 400);
  CHECK(admin->replay_dead({"p-4", "p-4", "p-99"}).value() == 10);
  CHECK(admin->purge_dead({"p-5"}).value() == 10);
  CHECK(q.agrees());
  CHECK(q.claim_in(*open, 1).at(0).content->id == "p-4");
  CHECK(admin->replay_dead({}).value() == 10);
  CHECK(q.agrees());
  CHECK(q.claim_in(*open, 0).at(0).content->id == "p-3");
}

TEST_CASE("the destination and the pause are those of every partition of a call", "[store][sqlite]") {
  partitioned_file q;
  auto open = *q.open(file_in_partitions());
  auto units = q.unit_in_each();
  for (std::size_t p = 0; p < partitions; ++p) {
    q.put_in(*open, p, batch_in(p, 1));
    units[p].slots = 1;
  }
  units.back().pause = true;
  units.back().fingerprint = "two";
  units.back().health = delivery_health{.suspended = "no deliveries"};
  for (const auto& d : open->apply_all(units)) {
    CHECK(d->paused);
    CHECK(d->granted.empty());
  }
  CHECK(open->stats()->owners.at(0).health.suspended == "no deliveries");
  open.reset();
  CHECK(q.open(file_in_partitions()).error().code == errc::other_destination);
}

TEST_CASE("a file becomes small once every partition is drained", "[store][sqlite]") {
  partitioned_file q;
  const auto open = *q.open(file_in_partitions());
  for (std::size_t n = 1; n <= 300; ++n)
    q.put_in(*open, 0, batch_in(0, n, 60'000));
  q.put_in(*open, 1, batch_in(1, 1));
  const auto pass = [&] {
    for (int seconds = 0; seconds < 10; ++seconds) {
      q.now += 1s;
      REQUIRE(open->apply(q.unit_in(0)));
    }
  };
  for (int i = 0; i < 300; ++i)
    q.settle_in(*open, 0, ack{q.lease_in(*open, 0)});
  pass();
  CHECK(fs::file_size(q.path) > 15'000'000);
  q.settle_in(*open, 1, ack{q.lease_in(*open, 1)});
  pass();
  CHECK(fs::file_size(q.path) < 1'000'000);
}
