#include "support/catch.hpp"

#include "fakes/dead_queue.hpp"
#include "server/administration/jobs.hpp"

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

namespace {

constexpr store_time job_day{1h};
constexpr jobs::clock::time_point job_start{1h};

void bury_letters(dead_queue& queue, int letters) {
  for (int i = 0; i < letters; ++i)
    queue.add("b" + std::to_string(1'000 + i), i, {i % 2 ? 422 : 400, "no"}, {"{}", "{}"});
}

} // namespace

TEST_CASE("a job changes what its filter selects, a page at a time", "[unit][server][admin]") {
  dead_queue queue;
  bury_letters(queue, 500);
  jobs all;
  REQUIRE(all.add({.what = job_kind::replay, .filter = {.status = 422}}, job_day));
  CHECK(all.step(queue, job_day, job_start) == nullptr);
  CHECK(queue.replayed.size() == 100);
  CHECK(all.find("1")->state == job_state::running);
  const job* ended = nullptr;
  for (int i = 0; i < 10 && !ended; ++i)
    ended = all.step(queue, job_day, job_start);
  REQUIRE(ended);
  CHECK(ended->state == job_state::done);
  CHECK(ended->letters == 250);
  CHECK(ended->events == 500);
  CHECK(ended->search.looked_at() == 500);
  CHECK(queue.letters.size() == 250);
  CHECK_FALSE(all.due(job_start));
}

TEST_CASE("a job that finds nothing changes nothing", "[unit][server][admin]") {
  dead_queue queue;
  bury_letters(queue, 10);
  jobs all;
  REQUIRE(all.add({.what = job_kind::purge, .filter = {.status = 500}}, job_day));
  REQUIRE(all.step(queue, job_day, job_start));
  CHECK(all.find("1")->letters == 0);
  CHECK(queue.letters.size() == 10);
}

TEST_CASE("a job keeps to its rate", "[unit][server][admin]") {
  dead_queue queue;
  bury_letters(queue, 100); // 200 events
  jobs all;
  REQUIRE(all.add({.what = job_kind::purge, .rate = 50}, job_day));
  auto now = job_start;
  for (int pages = 0; all.due(now); ++pages) {
    REQUIRE(pages < 100);
    now = *all.due(now);
    all.step(queue, job_day, now);
    const auto may_be = 50 * std::chrono::duration<double>(now - job_start).count() + 10; // a fifth of a second's worth
    CHECK(static_cast<double>(all.find("1")->events) <= may_be);
    CHECK(all.step(queue, job_day, now) == nullptr); // it is not due
  }
  CHECK(all.find("1")->events == 200);
  CHECK(now - job_start > 3'500ms);
  CHECK(now - job_start <= 4s);
  REQUIRE(all.add({.what = job_kind::purge, .rate = 1e-300}, job_day));
  CHECK(all.due(now));
}

TEST_CASE("jobs run one after the other, and can be cancelled between two pages", "[unit][server][admin]") {
  dead_queue queue;
  bury_letters(queue, 300);
  jobs all;
  all.add({.what = job_kind::purge, .filter = {.status = 400}}, job_day);
  all.add({.what = job_kind::purge, .filter = {.status = 422}}, job_day);
  all.step(queue, job_day, job_start);
  CHECK(all.find("2")->state == job_state::waiting);
  REQUIRE(all.cancel("1", job_day));
  CHECK(all.find("1")->state == job_state::cancelled);
  CHECK(all.find("1")->letters == 100);
  CHECK(all.cancel("1", job_day) == nullptr);
  CHECK(all.cancel("9", job_day) == nullptr);
  while (all.due(job_start))
    all.step(queue, job_day, job_start);
  CHECK(all.find("2")->state == job_state::done);
  CHECK(queue.letters.size() == 50);
}

TEST_CASE("a queue that fails ends the job, with what was changed before, and not the next one",
          "[unit][server][admin]") {
  dead_queue queue;
  bury_letters(queue, 300);
  jobs all;
  all.add({.what = job_kind::replay}, job_day);
  all.add({.what = job_kind::replay}, job_day);
  all.step(queue, job_day, job_start);
  queue.broken = true;
  const auto* failed = all.step(queue, job_day, job_start);
  REQUIRE(failed);
  CHECK(failed->state == job_state::failed);
  CHECK(failed->failure == "the store is away");
  CHECK(failed->letters == 100);
  CHECK(failed->ended == job_day);
  queue.broken = false;
  while (all.due(job_start))
    all.step(queue, job_day, job_start);
  CHECK(all.find("2")->state == job_state::done);
}

TEST_CASE("a bounded number of jobs waits, and of those that have ended the last are kept", "[unit][server][admin]") {
  dead_queue queue;
  jobs all;
  for (std::size_t i = 0; i < jobs::most_waiting; ++i)
    CHECK(all.add({}, job_day));
  CHECK(all.add({}, job_day) == nullptr);
  for (int i = 0; i < 40; ++i) {
    while (all.due(job_start))
      all.step(queue, job_day, job_start);
    all.add({}, job_day);
  }
  CHECK(all.all().size() == jobs::most_ended + 1);
  CHECK(all.find("1") == nullptr);
  CHECK(json_of(*all.find("56"))["state"] == "waiting");
}

TEST_CASE("an erasure runs among the jobs, waits for what is in flight, and then forgets whose events they were",
          "[unit][server][admin][erase]") {
  dead_queue queue;
  for (const auto* id : {"b1", "b2"})
    queue.add(id, 1, {}, {R"({"userId":"u"})", R"({"userId":"v"})"});
  queue.in_flight = {"b2"};
  jobs all;
  REQUIRE(all.add({.what = job_kind::erase, .who = {.user = "u"}}, job_day));
  CHECK(all.step(queue, job_day, job_start) == nullptr);
  const auto& j = *all.find("1");
  CHECK(j.events == 1);
  CHECK(all.due(job_start) > job_start);
  queue.in_flight.clear();
  const job* ended = nullptr;
  for (int i = 0; i < 10 && !ended; ++i)
    ended = all.step(queue, job_day, *all.due(job_start));
  REQUIRE(ended);
  CHECK(ended->state == job_state::done);
  CHECK(ended->events == 2);
  CHECK(ended->letters == 2);
  CHECK(queue.scrubbed == 1);
  CHECK(ended->order.who.user.empty());
}

TEST_CASE("an erasure that waits in vain says what is left", "[unit][server][admin][erase]") {
  dead_queue queue;
  queue.add("b1", 1, {}, {R"({"userId":"u"})"});
  queue.in_flight = {"b1"};
  jobs all;
  REQUIRE(all.add({.what = job_kind::erase, .who = {.user = "u"}}, job_day));
  const job* ended = nullptr;
  auto now = job_start;
  for (int i = 0; i < 1'000 && !ended; ++i) {
    now = *all.due(now);
    ended = all.step(queue, job_day, now);
  }
  REQUIRE(ended);
  CHECK(ended->state == job_state::failed);
  CHECK(ended->failure.starts_with("1 event of the user is in flight"));
  CHECK(now - job_start >= 60s);
}
