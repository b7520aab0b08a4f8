#include "support/catch.hpp"

#include <filesystem>
#include <optional>

#include "store/make_store.hpp"
#include "unit/store/sqlite/queue_file.hpp"

using namespace sluice;
using namespace sluice::test;

TEST_CASE("what was in flight is taken back in its place, and totals go on", "[store][sqlite]") {
  queue_file q;
  {
    auto first = *q.open();
    q.put(*first, 1, 3);
    CHECK(q.claim(*first, 2).size() == 2);
  }
  auto second = *q.open();
  const auto s = *second->stats();
  CHECK(s.stored == 30);
  CHECK(s.ready == 30);
  CHECK(s.in_flight == 0);
  const auto again = q.claim(*second, 3);
  REQUIRE(again.size() == 3);
  CHECK(again[0].content->id == "b1");
  CHECK(again[0].attempts == 0);
  CHECK(again[0].fence == 2);
  CHECK(again[2].content->id == "b3");
}

TEST_CASE("a batch in flight in too many crashes is poison", "[store][sqlite]") {
  queue_file q;
  options o;
  o.queue.max_crashes = 2;
  std::optional<std::unique_ptr<store>> open{*q.open(o)};
  q.put(**open, 1, 1);
  for (int crash = 0; crash < 3; ++crash) {
    CHECK(q.claim(**open, 1).size() == 1);
    open.reset(); // the lock goes first
    open.emplace(*q.open(o));
  }
  CHECK((*open)->stats()->dead == 10);
  CHECK((*open)->list_dead("", 10)->at(0).why.reason.find("poison") != std::string::npos);
  CHECK((*open)->replay_dead({"b1"}).value() == 10);
  CHECK(q.claim(**open, 1).size() == 1);
}

TEST_CASE("a second opener is refused, and the file is its user's alone", "[store][sqlite]") {
  namespace fs = std::filesystem;
  queue_file q;
  auto first = *q.open();
  const auto second = q.open();
  REQUIRE(!second);
  CHECK(second.error().code == errc::queue_taken);
  CHECK(fs::status(q.path).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
  q.put(*first, 1, 1);
  CHECK(first->stats()->ready == 10);
}

TEST_CASE("a queue of another destination is refused unless it is adopted", "[store][sqlite]") {
  queue_file q;
  q.put(**q.open(), 1, 1);
  CHECK(q.open({}, "two").error().code == errc::other_destination);
  options o;
  o.queue.adopt = true;
  CHECK((*q.open(o, "two"))->stats()->ready == 10);
  CHECK(q.open({}, "one").error().code == errc::other_destination);
}

TEST_CASE("a file that is no queue is refused, and not touched", "[store][sqlite]") {
  queue_file q;
  const std::string text(5'000, 'x');
  const auto path = q.folder.write("queue.db", text);
  CHECK(q.open().error().code == errc::not_a_queue);
  CHECK(read_file(path) == text);
}

TEST_CASE("a damaged queue is refused, and not touched", "[store][sqlite]") {
  queue_file q;
  q.put(**q.open(), 1, 100, 1'000);
  auto bytes = read_file(q.path);
  bytes.replace(0, 16, "SQLite format 9\0", 16);
  q.folder.write("queue.db", bytes);
  CHECK(q.open().error().code == errc::not_a_queue);
  CHECK(read_file(q.path) == bytes);
}

TEST_CASE("batches without a body die, and the next oldest get their slots", "[store][sqlite]") {
  queue_file q;
  auto open = *q.open();
  q.put(*open, 1, 4);
  sqlite_db{q.path, milliseconds{5'000}}.script("DELETE FROM body WHERE n IN (1, 3)");
  unit_of_work w;
  w.enqueues.push_back(queue_file::batch_of(5));
  w.slots = 2;
  const auto done = *q.apply(*open, w);
  REQUIRE(done.granted.size() == 2);
  CHECK(done.granted[0].content->id == "b2");
  CHECK(done.granted[1].content->id == "b4");
  CHECK(open->stats()->ready == 10);
  CHECK(open->stats()->dead == 20);
  CHECK(open->list_dead("", 10)->at(0).why.reason == "body_missing");
}

TEST_CASE("operators look into a queue and tend it while it is processed", "[store][sqlite]") {
  queue_file q;
  auto processing = *q.open();
  q.put(*processing, 1, 2);
  options o;
  o.persistence = "sqlite:" + q.path;
  auto admin = *make_queue_admin(o);
  CHECK(admin->stats()->ready == 20);
  CHECK(admin->stats()->owners.size() == 1);
  REQUIRE(admin->set_paused(true));
  CHECK(q.claim(*processing, 1).empty());
  REQUIRE(admin->set_paused(false));
  const auto held = q.claim(*processing, 1);
  REQUIRE(held.size() == 1);
  unit_of_work w;
  w.now = q.now;
  w.settlements.push_back(bury{{held[0].content->id, held[0].fence}, {400, "no"}});
  REQUIRE(processing->apply(w));
  CHECK(admin->list_dead("", 10)->size() == 1);
  CHECK(admin->purge_dead({}).value() == 10);
  CHECK(processing->stats()->purged == 10);
}

TEST_CASE("a queue that is not there cannot be looked into", "[store][sqlite]") {
  temporary_folder folder;
  options o;
  o.persistence = "sqlite:" + folder.path() + "/none.db";
  CHECK(!make_queue_admin(o));
  CHECK(!std::filesystem::exists(folder.path() + "/none.db"));
}

TEST_CASE("a queue that the last version made is brought up to date", "[store][sqlite]") {
  queue_file q;
  q.put(**q.open(), 1, 2);
  sqlite_db{q.path, milliseconds{5'000}}.script(
      "DROP TABLE note; DROP TABLE erased; ALTER TABLE total DROP COLUMN erased;"
      "PRAGMA user_version = " +
      std::to_string((1U << 16U) + 4));
  for (int opened = 0; opened < 2; ++opened) {
    const auto queue = *q.open();
    CHECK(queue->stats()->ready == 20);
    CHECK(queue->stats()->erased == 0);
    const auto number = std::to_string(opened);
    CHECK(queue->put_note({number, "text"}, "").value());
    CHECK(queue->notes("").value().size() == static_cast<std::size_t>(opened) + 1);
  }
}

TEST_CASE("a queue that another version made is refused, and not touched", "[store][sqlite]") {
  const auto version = GENERATE(std::string{"1"}, std::string{"99"});
  queue_file q;
  q.put(**q.open(), 1, 1);
  {
    sqlite_db db{q.path, milliseconds{0}};
    db.script("PRAGMA journal_mode = DELETE; PRAGMA user_version = " + version);
  }
  const auto before = read_file(q.path);
  const auto opened = q.open();
  REQUIRE(!opened);
  CHECK(opened.error().code == errc::not_a_queue);
  CHECK(opened.error().message.find(version == "1" ? "an older" : "a newer") != std::string::npos);
  CHECK(read_file(q.path) == before);
}
