#include "support/catch.hpp"

#include <filesystem>

#include "support/small_disk.hpp"
#include "unit/store/sqlite/queue_file.hpp"

// What happens when the disk is full, and that room is given back.

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

namespace fs = std::filesystem;

namespace {

constexpr std::size_t small_file = std::size_t{1} << 20;

// The lines that a store logs about the disk.
struct disk_log {
  options listening() {
    options o;
    o.log = [this](log_level, std::string_view line) { lines.emplace_back(line); };
    return o;
  }
  std::vector<std::string> lines;
};

} // namespace

TEST_CASE("a file whose backlog was drained becomes small: while it is open, and when it is left", "[store][sqlite]") {
  const bool leaves = GENERATE(true, false);
  queue_file q;
  auto open = *q.open();
  for (int i = 0; i < 20; ++i)
    q.put(*open, i * 50, 50, 60'000);
  CHECK(fs::file_size(q.path) > 50'000'000);
  CHECK(q.drain(*open) == 1'000);
  if (leaves)
    open->leave();
  for (int seconds = 0; !leaves && seconds < 10; ++seconds) {
    q.now += 1s;
    q.claim(*open, 0);
  }
  CHECK(fs::file_size(q.path) < small_file);
  open.reset();
  CHECK(fs::file_size(q.path) < small_file);
  CHECK((*q.open())->stats()->delivered == 10'000);
}

TEST_CASE("dead letters keep their place in a file that is made small", "[store][sqlite]") {
  queue_file q;
  auto open = *q.open();
  q.put(*open, 0, 200, 60'000);
  unit_of_work w;
  for (const auto& b : q.claim(*open, 200)) {
    const lease under{b.content->id, b.fence};
    w.settlements.push_back(w.settlements.size() % 20 == 0 ? settlement{bury{under, {400, "no"}}} : ack{under});
  }
  REQUIRE(q.apply(*open, w));
  for (int seconds = 0; seconds < 10; ++seconds) {
    q.now += 1s;
    q.claim(*open, 0);
  }
  CHECK(fs::file_size(q.path) < 10 * 60'000 + small_file);
  CHECK(open->list_dead("", 100)->size() == 10);
  CHECK(open->show_dead("b100")->payload->size() == 60'000);
}

TEST_CASE("on a full disk settlements and claims go on, new batches wait, and it is said once", "[store][sqlite]") {
  small_disk disk;
  queue_file q{disk.path()};
  disk_log log;
  const auto open = *q.open(log.listening());
  q.put(*open, 0, 12, 100'000);
  disk.fill();
  int number = 100;
  while (q.try_to_put(*open, number, 60'000) == enqueue_outcome::stored) // there may be some room in its files
    REQUIRE(++number < 200);
  const auto stored = open->stats()->stored;
  for (int i = 0; i < 3; ++i) {
    const auto leased = q.claim(*open, 4);
    REQUIRE(leased.size() == 4);
    const auto under = [&](std::size_t n) { return lease{leased[n].content->id, leased[n].fence}; };
    unit_of_work w;
    w.settlements = {ack{under(0)}, nack{under(1), 500ms, {503, "busy"}}, bury{under(2), {400, "no"}},
                     release{under(3)}};
    w.enqueues = {queue_file::batch_of(number, 60'000), queue_file::batch_of(0, 100'000)};
    const auto done = q.apply(*open, w);
    REQUIRE(done);
    CHECK(done->settled == std::vector(4, settle_outcome::applied));
    CHECK(done->enqueued.at(0) == enqueue_outcome::backlog_full);
    q.now += 200ms;
  }
  CHECK(open->stats()->stored == stored);
  CHECK(open->stats()->delivered == 30);
  REQUIRE(log.lines.size() == 1);
  CHECK(log.lines[0].find("disk is full") != std::string::npos);
  disk.make_room();
  q.now += 1s;
  CHECK(q.try_to_put(*open, number, 60'000) == enqueue_outcome::stored);
  REQUIRE(log.lines.size() == 2);
  CHECK(log.lines[1].find("has room again") != std::string::npos);
  q.now += 1s;
  CHECK(q.drain(*open) > 5);
  const auto s = *open->stats();
  CHECK(s.stored == s.delivered + s.dead);
  CHECK(log.lines.size() == 2);
  disk.fill();
  while (q.try_to_put(*open, ++number, 60'000) == enqueue_outcome::stored)
    REQUIRE(number < 1'000);
  CHECK(log.lines.size() == 2); // that was a moment ago
  q.now += 10min;
  disk.make_room();
  while (q.try_to_put(*open, ++number, 60'000) != enqueue_outcome::stored)
    q.now += 1s;
  disk.fill();
  while (q.try_to_put(*open, ++number, 60'000) == enqueue_outcome::stored)
    REQUIRE(number < 1'000);
  CHECK(log.lines.size() == 3);
}

TEST_CASE("on a full disk a batch is not split, and waits", "[store][sqlite]") {
  small_disk disk;
  queue_file q{disk.path()};
  const auto open = *q.open();
  q.put(*open, 0, 1, 400'000);
  disk.fill();
  int number = 100;
  while (q.try_to_put(*open, number, 200'000) == enqueue_outcome::stored)
    REQUIRE(++number < 200);
  const auto whole = q.claim(*open, 1).at(0);
  const auto half = [](const char* id) {
    return std::make_shared<const batch>(
        batch{.id = id, .events = 5, .payload = std::make_shared<const std::string>(200'000, 'p')});
  };
  unit_of_work w;
  w.settlements = {split{{whole.content->id, whole.fence}, half("b0.0"), half("b0.1")}};
  CHECK(q.apply(*open, w)->settled.at(0) == settle_outcome::no_room);
  CHECK(open->stats()->retry == 10);
  disk.make_room();
  q.now += 1min;
  const auto again = q.claim(*open, 1).at(0);
  CHECK(again.content->id == "b0");
  CHECK(again.attempts == 0);
  w.settlements = {split{{again.content->id, again.fence}, half("b0.0"), half("b0.1")}};
  CHECK(q.apply(*open, w)->settled.at(0) == settle_outcome::applied);
}

TEST_CASE("a disk that the queue itself has filled drains, also by the next process, and takes batches again",
          "[store][sqlite]") {
  const bool next_process = GENERATE(false, true);
  small_disk disk;
  queue_file q{disk.path()};
  auto open = *q.open();
  int batches = 0;
  while (q.try_to_put(*open, batches, 60'000) == enqueue_outcome::stored)
    REQUIRE(++batches < 200);
  CHECK(batches > 20);
  if (next_process) {
    open.reset();
    disk.fill(); // nothing of what it had is left
    auto opened = q.open();
    REQUIRE(opened);
    open = std::move(*opened);
  }
  CHECK(q.drain(*open) == static_cast<std::size_t>(batches));
  const auto s = *open->stats();
  CHECK(s.delivered == s.stored);
  disk.make_room();
  for (int seconds = 0; seconds < 10; ++seconds) {
    q.now += 1s;
    q.claim(*open, 0);
  }
  CHECK(fs::file_size(q.path) < small_file);
  CHECK(q.try_to_put(*open, batches, 60'000) == enqueue_outcome::stored);
}
