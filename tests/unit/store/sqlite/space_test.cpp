#include "support/catch.hpp"

#include <filesystem>

#include "unit/store/sqlite/queue_file.hpp"

// That room on the disk is given back.

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

namespace fs = std::filesystem;

namespace {

constexpr std::size_t small_file = std::size_t{1} << 20;

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
