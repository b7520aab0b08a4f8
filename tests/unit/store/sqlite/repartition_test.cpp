#include "support/catch.hpp"

#include "store/make_store.hpp"
#include "store/sqlite/enqueuer.hpp"
#include "store/sqlite/file.hpp"
#include "store/sqlite/repartition.hpp"
#include "support/small_disk.hpp"
#include "unit/store/sqlite/queue_file.hpp"

// A change of the number of partitions of a file: what is not alike in all stores.

using namespace sluice;
using namespace sluice::test;

namespace {

options file_with_partitions(std::size_t n) {
  options o;
  o.queue.partitions = n;
  o.sqlite.durability = sqlite_durability::normal;
  return o;
}

// A file with 20 batches in one partition.
struct filled_file : queue_file {
  explicit filled_file(const std::string& where = "") : queue_file{where} {
    const auto open_queue = *open(file_with_partitions(1));
    unit_of_work w;
    for (int i = 0; i < 20; ++i)
      w.enqueues.push_back(numbered(i));
    REQUIRE(apply(*open_queue, w));
    open_queue->leave();
  }
  static batch_ptr numbered(int n) {
    return std::make_shared<const batch>(
        batch{.id = "a-" + std::to_string(n), .events = 10, .payload = std::make_shared<const std::string>(100, 'p')});
  }
};

} // namespace

TEST_CASE("a queue in memory has no partitions that could be changed", "[store][sqlite]") {
  options o;
  o.persistence = "memory";
  const auto refused = repartition(o);
  REQUIRE(!refused);
  CHECK(refused.error().code == errc::unsupported);
}

TEST_CASE("a process that has the file open to enqueue learns of another number, and stores nothing",
          "[store][sqlite]") {
  const filled_file q;
  const auto enqueuer = *sqlite_enqueuer::open(q.path, file_with_partitions(1), "one");
  unit_of_work w;
  w.enqueues = {filled_file::numbered(20)};
  REQUIRE(q.apply(*enqueuer, w));
  REQUIRE(repartition_sqlite(q.path, file_with_partitions(4)));
  w.enqueues = {filled_file::numbered(21)};
  const auto refused = q.apply(*enqueuer, w);
  REQUIRE(!refused);
  CHECK(refused.error().code == errc::not_a_queue);
  CHECK(refused.error().field == "queue.partitions");
  CHECK((*q.open(file_with_partitions(4)))->stats()->ready == 210);
}

TEST_CASE("a change that a reader keeps in the log is said to be so, and ends when it is made again",
          "[store][sqlite]") {
  const filled_file q;
  {
    sqlite_db reader{q.path, milliseconds{0}}; // what it sees stays in the file, and the change in the log
    reader.script("BEGIN");
    reader.query("SELECT count(*) FROM batch", {}, [](const sqlite_row&) {});
    const auto hidden = repartition_sqlite(q.path, file_with_partitions(4));
    REQUIRE(!hidden);
    CHECK(hidden.error().code == errc::store_failed);
    CHECK(hidden.error().message.find("is read by another process") != std::string::npos);
    const auto stale = q.open(file_with_partitions(1));
    REQUIRE(!stale);
    CHECK(stale.error().field == "queue.partitions");
    CHECK(stale.error().message.find("must be 4, not 1") == 0);
  }
  const auto again = repartition_sqlite(q.path, file_with_partitions(4));
  REQUIRE(again);
  CHECK(again->before == 4);
  CHECK(again->moved == 0);
  CHECK((*q.open(file_with_partitions(4)))->stats()->ready == 200);
}

TEST_CASE("what was in flight at a crash is taken back in its new partition", "[store][sqlite]") {
  const filled_file q;
  {
    const auto crashes = *q.open(file_with_partitions(1));
    REQUIRE(q.claim(*crashes, 5).size() == 5);
  }
  const auto done = repartition_sqlite(q.path, file_with_partitions(4));
  REQUIRE(done);
  CHECK(done->moved == 15);
  const auto next = *q.open(file_with_partitions(4));
  CHECK(next->stats()->ready == 200);
  for (std::size_t p = 0; p < 4; ++p) {
    const auto some = next->apply({.now = q.now, .partition = p, .slots = 8});
    REQUIRE(some);
    CHECK(some->granted.size() == 5);
    CHECK(some->granted.at(0).content->id == "a-" + std::to_string(p));
  }
}

TEST_CASE("on a full disk nothing is changed", "[store][sqlite]") {
  small_disk disk;
  const filled_file q{disk.path()};
  disk.fill();
  const auto refused = repartition_sqlite(q.path, file_with_partitions(256));
  REQUIRE(!refused);
  CHECK(refused.error().code == errc::store_failed);
  disk.make_room();
  CHECK((*q.open(file_with_partitions(1)))->stats()->ready == 200);
  CHECK(repartition_sqlite(q.path, file_with_partitions(256))->moved == 19);
}
