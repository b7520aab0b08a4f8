#include "support/catch.hpp"

#include <sstream>

#include "core/persistence/block_list.hpp"
#include "fakes/dead_queue.hpp"
#include "server/administration/administrator.hpp"
#include "server/administration/job_note.hpp"
#include "server/administration/openapi.hpp"
#include "support/json_schema.hpp"

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;
using nlohmann::ordered_json;

namespace {

// An administrator of a queue that has dead letters, and a clock of its own.
struct administered {
  struct answered {
    int status = 0;
    ordered_json body{};
  };

  answered ask(admin_call call, std::string by = "") {
    const auto r = reply_to(std::move(call), std::move(by));
    return {r.status, ordered_json::parse(r.body)};
  }
  // Asks and works until the answer is there.
  reply reply_to(admin_call call, std::string by = "") {
    std::optional<reply> a;
    boss.take(
        {.call = std::move(call), .by = std::move(by)}, [&](const reply& r) { a = r; }, now);
    while (!a && boss.next_turn(now)) {
      boss.work(now);
      now += time_of_page;
      ++pages;
    }
    REQUIRE(a);
    return *a;
  }
  // Works on all jobs until none is left.
  void work_off() {
    while (const auto next = boss.next_turn(now)) {
      now = std::max(now, *next);
      boss.work(now);
    }
  }

  dead_queue queue;
  administration_state state;
  system_view view;
  std::optional<error> redirect_failure;
  std::vector<std::string> log;
  administrator::clock::time_point now{1h};
  administrator::clock::duration time_of_page{1ms};
  std::size_t pages = 0;
  administrator boss{{.state = state,
                      .queue = queue,
                      .look = [this](std::function<void(const system_view&)> hook) { hook(view); },
                      .redirect =
                          [this](const destination_call&, std::function<void(const error*)> answer) {
                            answer(redirect_failure ? &*redirect_failure : nullptr);
                          },
                      .context = [] { return status_context{.now = store_time{1h}, .store = "memory"}; },
                      .may_change = [] { return true; },
                      .log = [this](const std::string& line) { log.push_back(line); },
                      .most = {.max_event_bytes = 1'000, .max_batch_bytes = 10'000}}};
};

// The lines of an export.
std::vector<ordered_json> lines_of(const reply& r) {
  CHECK(r.status == 200);
  CHECK(r.content_type == "application/x-ndjson");
  std::vector<ordered_json> all;
  std::istringstream in{r.body};
  for (std::string line; std::getline(in, line);)
    all.push_back(ordered_json::parse(line));
  return all;
}

// Where an export goes on; empty: nowhere.
std::string next_of(const reply& r) {
  for (const auto& [name, value] : r.headers)
    if (name == "Sluice-Next")
      return value;
  return "";
}

void check_fits(const ordered_json& value, const char* schema) {
  CHECK(misfit(value, {{"$ref", std::string{"#/components/schemas/"} + schema}}, openapi_json()) == "");
}

} // namespace

TEST_CASE("dead letters are listed in pages of the size that was asked for", "[unit][server][admin]") {
  administered a;
  for (int i = 0; i < 5; ++i)
    a.queue.add("b" + std::to_string(i), i);
  const auto first = a.ask(list_call{.limit = 3});
  CHECK(first.status == 200);
  CHECK(first.body["letters"].size() == 3);
  CHECK(first.body["next"] == "2/b2");
  const auto second = a.ask(list_call{.after = first.body["next"], .limit = 3});
  CHECK(second.body["letters"].size() == 2);
  CHECK(second.body["letters"][0]["id"] == "b3");
  CHECK(second.body["next"].is_null());
  check_fits(first.body, "Letters");
  check_fits(second.body, "Letters");
  const auto some = a.ask(list_call{.filter = {.ids = {"b4", "b0", "b9"}}, .limit = 1});
  CHECK(some.body["letters"].size() == 2);
  CHECK(some.body["next"].is_null());
  CHECK(a.ask(list_call{.after = "nonsense"}).status == 400);
}

TEST_CASE("a search for few among many stops after two seconds, and says where to go on", "[unit][server][admin]") {
  administered a;
  for (int i = 0; i < 2'000; ++i)
    a.queue.add("b" + std::to_string(10'000 + i), i, {i == 1'999 ? 422 : 400, "no"});
  a.time_of_page = 1s;
  const auto none = a.ask(list_call{.filter = {.status = 422}});
  CHECK(none.body["letters"].empty());
  CHECK(none.body["looked_at"] == 1'500);
  CHECK(a.pages == 3);
  const auto found = a.ask(list_call{.filter = {.status = 422}, .after = none.body["next"]});
  CHECK(found.body["letters"].size() == 1);
  CHECK(found.body["next"].is_null());
}

TEST_CASE("while a search is under way other calls are answered", "[unit][server][admin]") {
  administered a;
  for (int i = 0; i < 2'000; ++i)
    a.queue.add("b" + std::to_string(10'000 + i), i);
  int answered = 0;
  a.boss.take(
      {.call = groups_call{}}, [&](const reply&) { ++answered; }, a.now);
  a.boss.work(a.now);
  CHECK(answered == 0);
  CHECK(a.ask(status_call{}).status == 200);
  CHECK(a.pages == 0);
  a.work_off();
  CHECK(answered == 1);
}

TEST_CASE("groups, a letter, jobs, history and status are as they are described", "[unit][server][admin]") {
  administered a;
  a.queue.add("b1", 1, {422, "event 5"}, {R"({"event":"e"})", R"({"event":"f"})"});
  a.queue.add("b2", 2, {422, "event 6"});
  a.queue.letters[1].payload = payload_sealer{}.seal("{", false, {});
  a.boss.sample(a.now);
  a.view.queue.emplace().owners.push_back({.name = "p", .health = {}, .said = store_time{1s}});
  a.boss.sample(a.now);
  const auto groups = a.ask(groups_call{});
  CHECK(groups.body["groups"].size() == 1);
  CHECK(groups.body["groups"][0]["events"] == 3);
  check_fits(groups.body, "Groups");
  const auto whole = a.ask(letter_call{"b1"});
  CHECK(whole.body["batch"][1]["event"] == "f");
  check_fits(whole.body, "LetterWithEvents");
  const auto text = a.ask(letter_call{"b2"});
  CHECK(text.body.contains("payload"));
  check_fits(text.body, "LetterWithEvents");
  const auto job = a.ask(change_call{{.what = job_kind::replay, .filter = {.ids = {"b1"}, .status = 422}, .rate = 5}});
  CHECK(job.status == 202);
  check_fits(job.body, "OneJob");
  a.work_off();
  check_fits(a.ask(jobs_call{}).body, "Jobs");
  check_fits(a.ask(history_call{}).body, "History");
  CHECK(a.ask(history_call{}).body["samples"].size() == 2);
  check_fits(a.ask(status_call{}).body, "Status");
  a.view.queue.reset();
  check_fits(a.ask(status_call{}).body, "Status");
  check_fits(a.ask(letter_call{"b9"}).body, "Error");
  CHECK(a.ask(letter_call{"b9"}).status == 404);
}

TEST_CASE("an export has the letters with their events, a line each, in pages", "[unit][server][admin]") {
  administered a;
  for (int i = 0; i < 30; ++i)
    a.queue.add("b" + std::to_string(10 + i), i, {i % 2 ? 422 : 400, "no"}, {R"({"event":"e","n":1.5})", "{}"});
  a.queue.letters[1].payload = payload_sealer{}.seal("{", false, {});
  a.queue.letters[2].payload = std::make_shared<const std::string>("\x1f\x8b damaged");
  const auto first = a.reply_to(export_call{.limit = 25});
  CHECK(a.pages > 1); // so that others have their turn in between
  const auto lines = lines_of(first);
  REQUIRE(lines.size() == 25);
  CHECK(next_of(first) == "24/b34");
  CHECK(lines[0] == a.ask(letter_call{"b10"}).body);
  CHECK(lines[0]["batch"][0]["n"] == 1.5);
  CHECK(lines[1].contains("payload"));
  CHECK(lines[2]["error"] == "the payload is damaged");
  for (const auto& line : lines)
    check_fits(line, "LetterWithEvents");
  const auto second = a.reply_to(export_call{.after = next_of(first), .limit = 25});
  CHECK(lines_of(second).size() == 5);
  CHECK(next_of(second).empty());
  CHECK(lines_of(a.reply_to(export_call{.filter = {.status = 422}})).size() == 15);
  const auto by_id = a.reply_to(export_call{.filter = {.ids = {"b11", "b13", "b99"}}, .limit = 1});
  CHECK(lines_of(by_id).size() == 2);
  CHECK(next_of(by_id).empty());
  CHECK(a.reply_to(export_call{.after = "nonsense"}).status == 400);
  a.queue.broken = true;
  CHECK(a.reply_to(export_call{}).status == 503);
}

TEST_CASE("an export ends early where it would have too many bytes, and says where to go on", "[unit][server][admin]") {
  administered a;
  const auto quarter = R"({"x":")" + std::string(most_bytes_of_export / 4, 'x') + "\"}";
  for (int i = 0; i < 5; ++i)
    a.queue.add("b" + std::to_string(i), i, {400, "no"}, {quarter});
  a.queue.add("b5", 5, {400, "no"}, {quarter, quarter, quarter, quarter, quarter});
  a.queue.add("b6", 6);
  const auto first = a.reply_to(export_call{});
  CHECK(lines_of(first).size() == 3);
  CHECK(next_of(first) == "2/b2");
  const auto second = a.reply_to(export_call{.after = next_of(first)});
  CHECK(lines_of(second).size() == 2);
  const auto third = a.reply_to(export_call{.after = next_of(second)});
  CHECK(lines_of(third).size() == 1); // it is too long by itself
  CHECK(next_of(third) == "5/b5");
  CHECK(lines_of(a.reply_to(export_call{.after = next_of(third)})).size() == 1);
  const auto too_many = a.ask(export_call{.filter = {.ids = {"b0", "b1", "b2", "b3"}}});
  CHECK(too_many.status == 400);
  CHECK(too_many.body["field"] == "id");
}

TEST_CASE("an id with the end of a line does not end a header", "[unit][server][admin]") {
  administered a;
  a.queue.add("b1\r\nX: y", 1);
  a.queue.add("b2", 2);
  const auto first = a.reply_to(export_call{.limit = 1});
  CHECK(next_of(first) == "1/b1\\u000d\\u000aX: y");
}

TEST_CASE("an edited letter takes the place of the old one, and nothing of an event is logged",
          "[unit][server][admin]") {
  administered a;
  const std::string event = R"({"messageId":"m","type":"track","userId":"u-secret","event":"e"})";
  a.queue.add("b-1", 1, {400, "no"}, {event, event, event});
  const auto replaced = a.ask(edit_call{"b-1", {.drop = {0}, .edit = {{2, event}}}});
  CHECK(replaced.status == 200);
  CHECK(replaced.body.dump() == R"({"id":"b-1.e1","replaces":"b-1","events":2,"dropped":1})");
  check_fits(replaced.body, "Replaced");
  CHECK(a.queue.letters.empty());
  CHECK(a.log == std::vector<std::string>{
                     "the administrator's token replaced dead letter b-1 by b-1.e1: 1 events dropped, 1 edited"});
  CHECK(a.ask(edit_call{"b-1", {.drop = {0}}}).status == 404);
}

TEST_CASE("an edit that is wrong changes nothing, and is told by its field", "[unit][server][admin][bad input]") {
  administered a;
  a.queue.add("b-1", 1, {400, "no"}, {"{}", "{}"});
  const auto field_of = [&](batch_edit change) {
    const auto refused = a.ask(edit_call{"b-1", std::move(change)});
    CHECK(refused.status == 400);
    check_fits(refused.body, "Error");
    return refused.body["field"].get<std::string>();
  };
  CHECK(field_of({}) == "drop");
  CHECK(field_of({.drop = {0, 2}}) == "drop[1]");
  CHECK(field_of({.drop = {0, 1}}) == "drop");
  CHECK(field_of({.edit = {{0, R"({"type":"page"})"}}}) == "edit[0].event.userId");
  CHECK(field_of({.edit = {{0, R"({"type":"page","userId":")" + std::string(1'000, 'u') + "\"}"}}}) == "edit[0].event");
  CHECK(a.queue.letters.size() == 1);
  a.queue.letters[0].payload = std::make_shared<const std::string>("damaged");
  CHECK(a.ask(edit_call{"b-1", {.drop = {0}}}).status == 503);
  a.queue.broken = true;
  CHECK(a.ask(edit_call{"b-1", {.drop = {0}}}).status == 503);
  CHECK(a.log.empty());
}

TEST_CASE("a job is logged at its beginning and its end, and its filter is not", "[unit][server][admin]") {
  administered a;
  for (int i = 0; i < 3; ++i)
    a.queue.add("b" + std::to_string(i), i);
  const auto begin = [&] {
    return a.ask(change_call{{.what = job_kind::purge, .filter = {.user = "u"}}}).body["job"]["id"].get<std::string>();
  };
  const auto first = begin();
  CHECK(a.ask(job_call{first}).body["job"]["state"] == "waiting");
  a.work_off();
  CHECK(a.queue.purged.size() == 3);
  CHECK(a.log == std::vector<std::string>{
                     "the administrator's token wants dead letters to be purged: job " + first,
                     "job " + first + " of the administrator's token is done: purged 3 dead letters with 3 events"});
  CHECK(a.ask(cancel_call{first}).status == 409);
  CHECK(a.ask(cancel_call{"2"}).status == 404);
  CHECK(a.ask(job_call{"2"}).status == 404);
  const auto second = begin();
  CHECK(second != first);
  CHECK(a.ask(cancel_call{second}).body["job"]["state"] == "cancelled");
  CHECK(a.log.back() ==
        "job " + second + " of the administrator's token is cancelled: purged 0 dead letters with 0 events");
}

TEST_CASE("a job goes on where it was when another administrator takes over", "[unit][server][admin]") {
  administered a;
  for (int i = 0; i < 150; ++i)
    a.queue.add("b" + std::to_string(1'000 + i), i);
  const auto job = a.ask(change_call{{.what = job_kind::purge}}).body["job"]["id"].get<std::string>();
  a.boss.work(a.now);
  CHECK(a.queue.purged.size() == 100);
  administrator next{{.state = a.state,
                      .queue = a.queue,
                      .look = {},
                      .redirect = {},
                      .context = [] { return status_context{}; },
                      .may_change = [] { return true; },
                      .log = [](const std::string&) {}}};
  next.work(*next.next_turn(a.now));
  CHECK(a.queue.purged.size() == 150);
  CHECK(a.state.all_jobs.find(job)->state == job_state::done);
}

TEST_CASE("pause, resume and destination are done and logged, without a secret", "[unit][server][admin]") {
  administered a;
  const auto paused = a.ask(pause_call{true});
  CHECK(paused.status == 200);
  check_fits(paused.body, "Done");
  CHECK(a.queue.paused);
  CHECK(a.ask(pause_call{false}).status == 200);
  CHECK_FALSE(a.queue.paused);
  check_fits(a.ask(destination_call{"https://h/secret", "key-secret"}).body, "Done");
  a.redirect_failure = error{errc::invalid_option, "data_plane_url", "must be a URL"};
  const auto refused = a.ask(destination_call{"x", ""});
  CHECK(refused.status == 400);
  CHECK(refused.body["field"] == "data_plane_url");
  CHECK(a.log ==
        std::vector<std::string>{"the administrator's token paused deliveries from the queue",
                                 "the administrator's token resumed deliveries from the queue",
                                 "the administrator's token changed the URL and the write key of the destination"});
}

TEST_CASE("a queue that does not answer is told as such", "[unit][server][admin]") {
  administered a;
  a.queue.broken = true;
  for (const auto& answered :
       {a.ask(list_call{}), a.ask(groups_call{}), a.ask(letter_call{"b1"}), a.ask(pause_call{true})}) {
    CHECK(answered.status == 503);
    CHECK(answered.body["error"] == "the store is away");
    check_fits(answered.body, "Error");
  }
  CHECK(a.ask(change_call{{.what = job_kind::replay}}).status == 503); // the queue has no note of it
  CHECK(a.ask(jobs_call{}).body["jobs"].empty());
}

TEST_CASE("a user who is blocked is unblocked, which is logged without the id", "[unit][server][admin][block]") {
  administered a;
  REQUIRE(block(a.queue, {.user = "u"}, store_time{std::chrono::hours{24 * 365 * 200}}, {}));
  auto first = a.ask(unblock_call{{.user = "u", .anonymous = "b"}}, "night-shift");
  CHECK(first.status == 200);
  CHECK(first.body == ordered_json{{"unblocked", 1}});
  CHECK(a.log == std::vector<std::string>{"night-shift unblocked 1 id of a user"});
  CHECK(a.queue.note_texts.empty());
  CHECK(a.ask(unblock_call{{.user = "u"}}).body == ordered_json{{"unblocked", 0}});
  a.queue.broken = true;
  CHECK(a.ask(unblock_call{{.user = "u"}}).status == 503);
}

TEST_CASE("too many jobs are refused", "[unit][server][admin]") {
  administered a;
  for (std::size_t i = 0; i < jobs::most_waiting; ++i)
    CHECK(a.ask(change_call{{.what = job_kind::replay}}).status == 202);
  CHECK(a.ask(change_call{{.what = job_kind::replay}}).status == 429);
}

TEST_CASE("the log and the job say who has changed what, if the token has a name", "[unit][server][admin]") {
  administered a;
  a.queue.add("b1", 1);
  a.ask(pause_call{true}, "alice");
  const auto began = a.ask(change_call{{.what = job_kind::purge}}, "bob");
  CHECK(began.body["job"]["by"] == "bob");
  const auto id = began.body["job"]["id"].get<std::string>();
  a.work_off();
  CHECK(a.log == std::vector<std::string>{"alice paused deliveries from the queue",
                                          "bob wants dead letters to be purged: job " + id,
                                          "job " + id + " of bob is done: purged 1 dead letter with 1 event"});
}

TEST_CASE("jobs of other processes are shown among its own, and can be cancelled", "[unit][server][admin]") {
  administered a;
  const auto own = a.ask(change_call{{.what = job_kind::purge, .rate = 1}}).body["job"]["id"];
  a.queue.note_texts["job/5"] =
      note_of({.id = "5", .order = {.what = job_kind::purge}, .search = dead_search{{}}}, "other", 1);
  CHECK(a.ask(jobs_call{}).body["jobs"].size() == 1);
  a.boss.sample(a.now);
  const auto all = a.ask(jobs_call{}).body;
  CHECK(misfit(all, {{"$ref", "#/components/schemas/Jobs"}}, openapi_json()) == "");
  REQUIRE(all["jobs"].size() == 2);
  CHECK(all["jobs"][0]["id"] == "5"); // the older one
  CHECK(all["jobs"][0]["elsewhere"] == true);
  CHECK(all["jobs"][1]["id"] == own);
  CHECK(all["jobs"][1]["elsewhere"] == false);
  CHECK(a.ask(job_call{"5"}).body["job"]["id"] == "5");
  const auto cancelled = a.ask(cancel_call{"5"}, "alice");
  CHECK(cancelled.status == 200);
  CHECK(cancelled.body["job"]["state"] == "cancelled");
  CHECK(a.log.back() == "alice cancelled job 5 of another process");
  CHECK(a.queue.note_texts.size() == 1);
  CHECK(a.ask(cancel_call{"5"}).status == 404);
  CHECK(a.ask(jobs_call{}).body["jobs"].size() == 1);
  a.queue.note_texts.clear(); // as another process cancels
  a.boss.sample(a.now);
  CHECK(a.log.back().find("is cancelled: purged 0 dead letters") != std::string::npos);
  a.queue.broken = true;
  CHECK(a.ask(job_call{"5"}).status == 503);
  CHECK(a.ask(cancel_call{"5"}).status == 503);
}

TEST_CASE("the jobs of a process that has ended are taken over, which is logged", "[unit][server][admin]") {
  administered a;
  a.queue.add("b1", 1);
  a.queue.note_texts["job/5"] =
      note_of({.id = "5", .order = {.what = job_kind::purge}, .began = store_time::max(), .search = dead_search{{}}},
              "other", 1);
  a.boss.sample(a.now);
  a.now += jobs::longest_silence;
  a.boss.sample(a.now);
  CHECK(a.log.at(0) == "job 5 goes on here: the process that ran it has given no sign of life");
  a.work_off();
  CHECK(a.queue.letters.empty());
}
