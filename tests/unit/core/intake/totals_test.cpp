#include "support/catch.hpp"

#include <mutex>
#include <thread>
#include <vector>

#include "core/intake/totals.hpp"

using namespace sluice;

TEST_CASE("a snapshot has what was counted", "[core][totals]") {
  std::mutex mutex;
  totals t{mutex};
  for (int i = 0; i < 10; ++i)
    t.count_accepted();
  t.count_rejected();
  t.count_stored(8);
  t.count_ended(3, 1);
  t.count_recovered(20, 5);
  t.count_retrying(4);
  t.count_retrying(-3);
  t.count_failed_attempt();
  t.count_stale(2);
  t.count_lost(2);
  t.count_ended_elsewhere(1);
  const auto c = t.snapshot();
  CHECK(c.accepted == 10);
  CHECK(c.rejected == 1);
  CHECK(c.stored == 8);
  CHECK(c.delivered == 23);
  CHECK(c.dead == 6);
  CHECK(c.recovered == 25);
  CHECK(c.retrying == 1);
  CHECK(c.failed_attempts == 1);
  CHECK(c.stale == 2);
  CHECK(c.lost == 2);
  CHECK(c.ended_elsewhere == 1);
  CHECK(c.waiting == 3);
  CHECK(c.in_store == 1);
  CHECK(c.accepted + c.recovered == c.delivered + c.dead + c.ended_elsewhere + c.lost + c.waiting);
}

TEST_CASE("no snapshot has events further than they have come", "[core][totals]") {
  std::mutex mutex;
  totals t{mutex};
  std::vector<std::thread> threads;
  for (int n = 0; n < 3; ++n)
    threads.emplace_back([&t, &mutex] {
      for (int i = 0; i < 10'000; ++i) {
        {
          std::lock_guard guard{mutex};
          t.count_accepted();
        }
        t.count_stored(1);
        t.count_ended(1, 0);
        t.count_recovered(1, 1);
      }
    });
  counts c;
  do {
    c = t.snapshot();
    REQUIRE(c.accepted >= c.stored);
    REQUIRE(c.stored + c.recovered >= c.delivered + c.dead);
    REQUIRE(c.recovered == 2 * c.dead);
    REQUIRE(c.waiting <= 3);
  } while (c.dead < 30'000);
  for (auto& thread : threads)
    thread.join();
  CHECK(t.snapshot().waiting == 0);
}
