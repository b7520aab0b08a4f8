#include "support/catch.hpp"

#include "core/event/encode.hpp"
#include "core/persistence/block_list.hpp"
#include "fakes/dead_queue.hpp"
#include "server/administration/jobs.hpp"

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

namespace {

using texts = std::vector<std::string>;

constexpr store_time job_day{1h};
constexpr jobs::clock::time_point job_start{1h};

void bury_letters(dead_queue& queue, int letters) {
  for (int i = 0; i < letters; ++i)
    queue.add("b" + std::to_string(1'000 + i), i, {i % 2 ? 422 : 400, "no"}, {"{}", "{}"});
}

// Null if too many wait. Their ids are numbers here, from 1.
const job* add_job(jobs& all, queue_admin& queue, job_order order, store_time now = job_day,
                   jobs::clock::time_point at = job_start) {
  static std::uint64_t last = 0;
  if (all.all().empty())
    last = 0;
  const auto* added = all.add(queue, std::to_string(last + 1), std::move(order), now, at).value();
  last += added ? 1 : 0;
  return added;
}

} // namespace

TEST_CASE("a job changes what its filter selects, a page at a time", "[unit][server][admin]") {
  dead_queue queue;
  bury_letters(queue, 500);
  jobs all{"here"};
  REQUIRE(add_job(all, queue, {.what = job_kind::replay, .filter = {.status = 422}}));
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
  CHECK(ended->search.where().looked_at == 500);
  CHECK(queue.letters.size() == 250);
  CHECK_FALSE(all.due(job_start));
}

TEST_CASE("a job that finds nothing changes nothing", "[unit][server][admin]") {
  dead_queue queue;
  bury_letters(queue, 10);
  jobs all{"here"};
  REQUIRE(add_job(all, queue, {.what = job_kind::purge, .filter = {.status = 500}}));
  REQUIRE(all.step(queue, job_day, job_start));
  CHECK(all.find("1")->letters == 0);
  CHECK(queue.letters.size() == 10);
}

TEST_CASE("a job keeps to its rate", "[unit][server][admin]") {
  dead_queue queue;
  bury_letters(queue, 100); // 200 events
  jobs all{"here"};
  REQUIRE(add_job(all, queue, {.what = job_kind::purge, .rate = 50}));
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
  REQUIRE(add_job(all, queue, {.what = job_kind::purge, .rate = 1e-300}));
  CHECK(all.due(now));
}

TEST_CASE("jobs run one after the other, and can be cancelled between two pages", "[unit][server][admin]") {
  dead_queue queue;
  bury_letters(queue, 300);
  jobs all{"here"};
  add_job(all, queue, {.what = job_kind::purge, .filter = {.status = 400}});
  add_job(all, queue, {.what = job_kind::purge, .filter = {.status = 422}});
  all.step(queue, job_day, job_start);
  CHECK(all.find("2")->state == job_state::waiting);
  REQUIRE(all.cancel(queue, "1", job_day).value());
  CHECK(all.find("1")->state == job_state::cancelled);
  CHECK(all.find("1")->letters == 100);
  CHECK(all.cancel(queue, "1", job_day).value() == nullptr);
  CHECK(all.cancel(queue, "9", job_day).value() == nullptr);
  while (all.due(job_start))
    all.step(queue, job_day, job_start);
  CHECK(all.find("2")->state == job_state::done);
  CHECK(queue.letters.size() == 50);
}

TEST_CASE("a job waits while the queue does not answer, and goes on", "[unit][server][admin]") {
  dead_queue queue;
  bury_letters(queue, 300);
  jobs all{"here"};
  add_job(all, queue, {.what = job_kind::replay});
  all.step(queue, job_day, job_start);
  queue.broken = true;
  CHECK(all.step(queue, job_day, job_start) == nullptr);
  const auto& j = *all.find("1");
  CHECK(j.state == job_state::running);
  CHECK(j.failure == "the store is away");
  CHECK(j.letters == 100);
  CHECK(all.due(job_start) == job_start + 5s);
  CHECK(all.step(queue, job_day, job_start + 4s) == nullptr);
  queue.broken = false;
  CHECK(all.step(queue, job_day, job_start + 5s) == nullptr);
  CHECK(j.failure.empty());
  CHECK(j.letters == 200);
  while (all.due(job_start))
    all.step(queue, job_day, job_start + 5s);
  CHECK(j.state == job_state::done);
  CHECK(j.letters == 300);
}

TEST_CASE("a job that the queue has no note of is not begun", "[unit][server][admin]") {
  dead_queue queue;
  queue.broken = true;
  jobs all{"here"};
  CHECK(all.add(queue, "1", {.what = job_kind::replay}, job_day, job_start).error().code == errc::store_failed);
  CHECK(all.all().empty());
}

TEST_CASE("a job whose process has ended goes on in another, where it was", "[unit][server][admin]") {
  dead_queue queue;
  bury_letters(queue, 500);
  jobs first{"first"}, second{"second"};
  const job_order order{.what = job_kind::replay, .filter = {.status = 422}, .rate = 1'000, .by = "alice"};
  add_job(first, queue, order);
  first.step(queue, job_day, job_start);
  first.step(queue, job_day, job_start + 2s); // notes how far it is, and goes on
  CHECK(first.find("1")->letters == 200);

  CHECK(second.tend(queue, job_day, job_start).taken_over.empty());
  CHECK(second.tend(queue, job_day, job_start + jobs::longest_silence - 1s).taken_over.empty());
  CHECK(second.tend(queue, job_day, job_start + jobs::longest_silence).taken_over == texts{"1"});
  CHECK(second.tend(queue, job_day, job_start + jobs::longest_silence).taken_over.empty());
  const auto& j = *second.find("1");
  CHECK(j.state == job_state::waiting);
  CHECK(j.order.what == job_kind::replay);
  CHECK(j.order.filter.status == 422);
  CHECK(j.order.rate == 1'000);
  CHECK(j.order.by == "alice");
  CHECK(j.began == job_day);
  CHECK(j.letters == 100);
  queue.add("later", (job_day + 1ms).time_since_epoch().count(), {422, "no"});
  while (second.due(job_start))
    second.step(queue, job_day + 1h, *second.due(job_start));
  CHECK(j.state == job_state::done);
  CHECK(queue.replayed.size() == 250);
  CHECK(queue.letters.back().id == "later"); // it died after the job was asked for
  CHECK(queue.note_texts.empty());

  // The first was only slow.
  const auto* over = first.step(queue, job_day, job_start + 40s);
  REQUIRE(over);
  CHECK(over->state == job_state::cancelled);
  CHECK(over->failure.starts_with("the queue has no note of it any more"));
  CHECK(queue.note_texts.empty());
}

TEST_CASE("no other process goes on with the jobs of one that gives signs of life", "[unit][server][admin]") {
  dead_queue queue;
  bury_letters(queue, 10);
  jobs first{"first"}, second{"second"};
  add_job(first, queue, {.what = job_kind::replay, .rate = 0.001});
  add_job(first, queue, {.what = job_kind::purge});
  first.step(queue, job_day, job_start);
  for (auto t = 10s; t <= 100s; t += 10s) {
    CHECK(first.tend(queue, job_day, job_start + t).taken_over.empty());
    CHECK(second.tend(queue, job_day, job_start + t).taken_over.empty());
  }
  CHECK(first.find("1")->state == job_state::running);
  CHECK(first.find("2")->state == job_state::waiting);
}

TEST_CASE("the jobs of a process are taken over in the order in which they were asked for", "[unit][server][admin]") {
  dead_queue queue;
  jobs first{"first"}, second{"second"};
  for (const auto* id : {"c", "b", "a"})
    REQUIRE(first.add(queue, id, {}, job_day + ('d' - *id) * 1s, job_start).value());
  second.tend(queue, job_day, job_start);
  CHECK(second.tend(queue, job_day, job_start + 30s).taken_over == texts{"c", "b", "a"});
  CHECK(second.all().front().id == "c");
}

TEST_CASE("a process takes back a job that another one had taken over, and has left", "[unit][server][admin]") {
  dead_queue queue;
  jobs first{"first"}, second{"second"};
  add_job(first, queue, {.what = job_kind::replay, .rate = 0.001});
  second.tend(queue, job_day, job_start);
  REQUIRE(second.tend(queue, job_day, job_start + 30s).taken_over.size() == 1);
  CHECK(first.tend(queue, job_day, job_start + 31s).taken_over.empty());
  CHECK(first.find("1")->state == job_state::failed);
  CHECK(first.tend(queue, job_day, job_start + 61s).taken_over == texts{"1"});
  CHECK(first.all().size() == 1);
  CHECK(first.find("1")->state == job_state::waiting);
}

TEST_CASE("a job goes on although the answer of the queue to its note got lost", "[unit][server][admin]") {
  dead_queue queue;
  bury_letters(queue, 300);
  jobs all{"here"};
  add_job(all, queue, {.what = job_kind::replay});
  queue.answers_get_lost = true;
  CHECK(all.step(queue, job_day, job_start + 2s) == nullptr);
  CHECK(all.find("1")->failure == "the store is away");
  queue.answers_get_lost = false;
  while (all.due(job_start + 7s))
    all.step(queue, job_day, job_start + 7s);
  CHECK(all.find("1")->state == job_state::done);
  CHECK(queue.replayed.size() == 300);
  CHECK(queue.note_texts.empty());
}

TEST_CASE("a job that could not be begun or is over leaves no note, also if an answer got lost",
          "[unit][server][admin]") {
  dead_queue queue;
  jobs all{"here"};
  queue.answers_get_lost = true;
  CHECK_FALSE(all.add(queue, "7", {.what = job_kind::replay}, job_day, job_start));
  CHECK(queue.note_texts.size() == 1);
  queue.answers_get_lost = false;
  CHECK(all.tend(queue, job_day, job_start).taken_over.empty());
  CHECK(queue.note_texts.empty());
  bury_letters(queue, 150);
  add_job(all, queue, {.what = job_kind::replay});
  CHECK(all.step(queue, job_day, job_start) == nullptr);
  queue.answers_get_lost = true;
  const auto* ended = all.step(queue, job_day, job_start);
  REQUIRE(ended);
  CHECK(ended->state == job_state::done);
}

TEST_CASE("a job is cancelled only when the queue has no note of it any more", "[unit][server][admin]") {
  dead_queue queue;
  jobs all{"here"};
  add_job(all, queue, {.what = job_kind::replay});
  queue.broken = true;
  CHECK(all.cancel(queue, "1", job_day).error().code == errc::store_failed);
  CHECK(all.find("1")->state == job_state::waiting);
  queue.broken = false;
  queue.answers_get_lost = true;
  CHECK_FALSE(all.cancel(queue, "1", job_day));
  queue.answers_get_lost = false;
  CHECK(all.cancel(queue, "1", job_day).value()->state == job_state::cancelled);
  CHECK(queue.note_texts.empty());
}

TEST_CASE("the jobs of other processes are known, and found as they are now", "[unit][server][admin]") {
  dead_queue queue;
  bury_letters(queue, 500);
  jobs first{"first"}, second{"second"};
  add_job(first, queue, {.what = job_kind::replay, .rate = 1'000, .by = "alice"});
  add_job(first, queue, {.what = job_kind::purge}, job_day + 1s);
  second.tend(queue, job_day, job_start);
  REQUIRE(second.elsewhere().size() == 2);
  CHECK(second.elsewhere().front()->id == "1");
  CHECK(second.elsewhere().front()->state == job_state::waiting);
  CHECK(second.elsewhere().front()->order.by == "alice");
  first.step(queue, job_day, job_start);
  first.step(queue, job_day, job_start + 2s);
  const std::optional<job> now = jobs::find_elsewhere(queue, "1").value();
  REQUIRE(now);
  CHECK(now->state == job_state::running);
  CHECK(now->letters == 100);
  CHECK_FALSE(jobs::find_elsewhere(queue, "3").value());
  CHECK_FALSE(jobs::find_elsewhere(queue, "").value());
  CHECK(first.elsewhere().empty());
  second.tend(queue, job_day, job_start + 30s);
  CHECK(second.elsewhere().size() == 2);
  second.tend(queue, job_day, job_start + 60s); // they are its own now
  CHECK(second.elsewhere().empty());
  queue.broken = true;
  CHECK(jobs::find_elsewhere(queue, "1").error().code == errc::store_failed);
}

TEST_CASE("a job that another process cancels ends where it runs, and where it waits", "[unit][server][admin]") {
  dead_queue queue;
  bury_letters(queue, 500);
  jobs first{"first"}, second{"second"};
  add_job(first, queue, {.what = job_kind::replay, .rate = 1'000});
  add_job(first, queue, {.what = job_kind::purge});
  first.step(queue, job_day, job_start);
  second.tend(queue, job_day, job_start);
  CHECK(second.cancel_elsewhere(queue, "2", job_day).value()->state == job_state::cancelled);
  CHECK(second.elsewhere().size() == 1);
  CHECK(first.tend(queue, job_day, job_start + 1s).lost == texts{"2"});
  CHECK(first.find("2")->state == job_state::cancelled);
  CHECK(second.cancel_elsewhere(queue, "1", job_day).value());
  const auto* over = first.step(queue, job_day, job_start + 2s);
  REQUIRE(over);
  CHECK(over->id == "1");
  CHECK(over->state == job_state::cancelled);
  CHECK(over->failure.starts_with("the queue has no note of it any more"));
  CHECK(queue.replayed.size() == 100);
  CHECK_FALSE(second.cancel_elsewhere(queue, "1", job_day).value());
  CHECK(second.elsewhere().empty());
  queue.broken = true;
  CHECK(second.cancel_elsewhere(queue, "1", job_day).error().code == errc::store_failed);
}

TEST_CASE("a job that a process has lost to another one is known as that one's, and can be cancelled there",
          "[unit][server][admin]") {
  dead_queue queue;
  jobs first{"first"}, second{"second"};
  add_job(first, queue, {.what = job_kind::replay});
  add_job(first, queue, {.what = job_kind::purge}, job_day + 1s);
  second.tend(queue, job_day, job_start);
  REQUIRE(second.tend(queue, job_day, job_start + 30s).taken_over.size() == 2);
  CHECK(first.tend(queue, job_day, job_start + 31s).lost == texts{"1", "2"});
  for (const auto* id : {"1", "2"})
    CHECK(first.find(id)->failure == "another process of the queue goes on with it");
  CHECK(first.elsewhere().empty()); // each is listed once
  CHECK(first.cancel_elsewhere(queue, "2", job_day).value());
  CHECK(second.tend(queue, job_day, job_start + 32s).lost == texts{"2"});
  CHECK(first.tend(queue, job_day, job_start + 41s).lost.empty());
  CHECK_FALSE(first.find("1"));
  REQUIRE(first.elsewhere().size() == 1);
  CHECK(first.elsewhere().front()->id == "1");
  CHECK(first.find("2")); // it is over everywhere
}

TEST_CASE("a job goes on although the answer of the queue to taking it over got lost", "[unit][server][admin]") {
  dead_queue queue;
  bury_letters(queue, 10);
  jobs first{"first"}, second{"second"};
  add_job(first, queue, {.what = job_kind::purge});
  second.tend(queue, job_day, job_start);
  queue.answers_get_lost = true;
  CHECK(second.tend(queue, job_day, job_start + 30s).taken_over.empty());
  queue.answers_get_lost = false;
  CHECK(second.tend(queue, job_day, job_start + 40s).taken_over == texts{"1"});
  REQUIRE(second.step(queue, job_day, job_start + 40s));
  CHECK(second.find("1")->state == job_state::done);
  CHECK(queue.purged.size() == 10);
  CHECK(queue.note_texts.empty());
}

TEST_CASE("while the queue does not answer, no process is taken for a silent one", "[unit][server][admin]") {
  dead_queue queue;
  jobs first{"first"}, second{"second"};
  add_job(first, queue, {.what = job_kind::replay});
  second.tend(queue, job_day, job_start);
  queue.broken = true;
  second.tend(queue, job_day, job_start + 30s);
  CHECK(second.elsewhere().empty());
  queue.broken = false;
  CHECK(second.tend(queue, job_day, job_start + 31s).taken_over.empty());
  CHECK(first.tend(queue, job_day, job_start + 32s).lost.empty());
}

TEST_CASE("who may change nothing sees the jobs of others, and takes none over", "[unit][server][admin]") {
  dead_queue queue;
  jobs first{"first"}, second{"second"};
  add_job(first, queue, {.what = job_kind::replay});
  for (auto t = 0s; t <= 60s; t += 10s)
    CHECK(second.tend(queue, job_day, job_start + t, false).taken_over.empty());
  CHECK(second.elsewhere().size() == 1);
}

TEST_CASE("an erasure that another process cancels leaves no id of the user", "[unit][server][admin][erase]") {
  dead_queue queue;
  jobs first{"first"}, second{"second"};
  add_job(first, queue, {.what = job_kind::erase, .who = {.user = "u"}});
  CHECK(second.cancel_elsewhere(queue, "1", job_day).value());
  CHECK(queue.note_texts.empty());
  CHECK(queue.scrubbed == 1);
}

TEST_CASE("notes of jobs that cannot be read are left alone", "[unit][server][admin]") {
  dead_queue queue;
  for (const auto* text : {"", "no", "{}", "[]", R"({"what":"dance"})", R"({"what":"replay","filter":{"status":-7}})"})
    queue.note_texts[std::string{"job/"} + text] = text;
  jobs other{"other"};
  add_job(other, queue, {.what = job_kind::replay});
  auto bad = queue.note_texts.extract("job/1");
  bad.key() = "job/1\n";
  queue.note_texts.insert(std::move(bad));
  const auto before = queue.note_texts;
  jobs all{"here"};
  CHECK(all.tend(queue, job_day, job_start).taken_over.empty());
  CHECK(all.tend(queue, job_day, job_start + 60s).taken_over.empty());
  CHECK(queue.note_texts == before);
}

TEST_CASE("a bounded number of jobs waits, and of those that have ended the last are kept", "[unit][server][admin]") {
  dead_queue queue;
  jobs all{"here"};
  for (std::size_t i = 0; i < jobs::most_waiting; ++i)
    CHECK(add_job(all, queue, {}));
  CHECK(add_job(all, queue, {}) == nullptr);
  for (int i = 0; i < 40; ++i) {
    while (all.due(job_start))
      all.step(queue, job_day, job_start);
    add_job(all, queue, {});
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
  jobs all{"here"};
  REQUIRE(add_job(all, queue, {.what = job_kind::erase, .who = {.user = "u"}}));
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
  jobs all{"here"};
  REQUIRE(add_job(all, queue, {.what = job_kind::erase, .who = {.user = "u"}}));
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

TEST_CASE("an erasure blocks the user first, and looks again until everybody knows", "[unit][server][admin][erase]") {
  dead_queue queue;
  queue.add("b1", 1, {}, {R"({"userId":"u"})"});
  jobs all{"here"};
  add_job(all, queue, {.what = job_kind::erase, .who = {.user = "u"}, .block_for = 1h});
  all.step(queue, job_day, job_start);
  const track event{.user_id = "u", .event = "e"};
  const auto of_u = view_of(event);
  CHECK(block_list::read(queue)->has(of_u, job_day + 1h - 1ms));
  CHECK_FALSE(block_list::read(queue)->has(of_u, job_day + 1h));
  const job* ended = nullptr;
  auto now = job_start;
  for (int i = 0; i < 1'000 && !ended; ++i) {
    if (now > job_start && queue.letters.empty() && all.find("1")->letters == 1)
      queue.add("b2", 2, {}, {R"({"userId":"u"})"}); // a process had accepted it before
    now = *all.due(now);
    ended = all.step(queue, job_day + std::chrono::duration_cast<std::chrono::milliseconds>(now - job_start), now);
  }
  REQUIRE(ended);
  CHECK(ended->state == job_state::done);
  CHECK(ended->events == 2);
  CHECK(now - job_start >= time_until_blocked);
  for (const auto& [name, text] : queue.note_texts)
    CHECK_FALSE(name.starts_with("job/"));
}

TEST_CASE("the note of an erasure names the user only until everything is overwritten",
          "[unit][server][admin][erase]") {
  dead_queue queue;
  queue.add("b1", 1, {}, {R"({"userId":"ErasedUser"})"});
  queue.in_flight = {"b1"};
  jobs first{"first"};
  add_job(first, queue, {.what = job_kind::erase, .who = {.user = "ErasedUser"}});
  first.step(queue, job_day, job_start);
  CHECK(queue.note_texts.at("job/1").find("ErasedUser") != std::string::npos);

  jobs second{"second"}; // goes on with it
  second.tend(queue, job_day, job_start);
  REQUIRE(second.tend(queue, job_day, job_start + 60s).taken_over.size() == 1);
  queue.in_flight.clear();
  std::string at_scrub = "nothing was overwritten";
  queue.on_scrub = [&] { at_scrub = queue.note_texts.at("job/1"); };
  const job* ended = nullptr;
  for (int i = 0; i < 10 && !ended; ++i)
    ended = second.step(queue, job_day, *second.due(job_start + 60s));
  REQUIRE(ended);
  CHECK(ended->state == job_state::done);
  CHECK(ended->events == 1);
  CHECK(at_scrub.find("ErasedUser") == std::string::npos);
  CHECK(at_scrub.starts_with("{"));
  CHECK(queue.note_texts.empty());
}

TEST_CASE("an erasure whose process ends while it overwrites ends with what was left", "[unit][server][admin][erase]") {
  dead_queue queue;
  queue.add("b1", 1, {}, {R"({"userId":"ErasedUser"})"});
  queue.in_flight = {"b1"};
  jobs first{"first"}, second{"second"};
  add_job(first, queue, {.what = job_kind::erase, .who = {.user = "ErasedUser"}});
  std::map<std::string, std::string> at_scrub;
  queue.on_scrub = [&] { at_scrub = queue.note_texts; };
  auto now = job_start;
  while (at_scrub.empty()) {
    now = *first.due(now);
    first.step(queue, job_day, now);
  }
  queue.note_texts = at_scrub; // the process has ended there
  second.tend(queue, job_day, now);
  REQUIRE(second.tend(queue, job_day, now + 30s).taken_over.size() == 1);
  const auto* ended = second.step(queue, job_day, now + 30s);
  REQUIRE(ended);
  CHECK(ended->state == job_state::failed);
  CHECK(ended->failure.starts_with("1 event of the user is in flight"));
}

TEST_CASE("what a cancelled erasure had noted of the user is overwritten", "[unit][server][admin][erase]") {
  dead_queue queue;
  jobs all{"here"};
  add_job(all, queue, {.what = job_kind::erase, .who = {.user = "ErasedUser"}});
  queue.on_scrub = [&] { CHECK(queue.note_texts.empty()); };
  REQUIRE(all.cancel(queue, "1", job_day).value());
  CHECK(queue.scrubbed == 1);
}
