#include "support/catch.hpp"

#include <atomic>
#include <csignal>
#include <mutex>

#include "store/sqlite/database.hpp"
#include "support/command_queue.hpp"
#include "support/gunzip.hpp"
#include "support/http_server.hpp"

using namespace sluice;
using namespace sluice::test;
using nlohmann::json;

namespace {

// A queue with a dead letter, which the test may change behind the command's back.
struct dead_queue {
  explicit dead_queue(const std::string& events = good_event) : command{"sqlite:" + file} { bury(events, 422); }

  // Adds a dead letter with these events.
  void bury(const std::string& events, int with_status) {
    status = with_status;
    command.call({"send", "-", "--url", destination.url()}, {}, events);
    buried += lines_of(events).size();
    REQUIRE(command.status()["dead"] == buried);
  }
  // Delivers what is ready, and returns the events that have arrived.
  std::vector<json> delivered() {
    status = 200;
    {
      const std::lock_guard guard{mutex};
      arrived = nullptr;
    }
    CHECK(command.call({"run", "--until-empty", "--url", destination.url()}).status == 0);
    const std::lock_guard guard{mutex};
    return arrived.is_null() ? std::vector<json>{} : arrived["batch"].get<std::vector<json>>();
  }
  void set_payload(std::string_view payload) const {
    database().run("UPDATE body SET payload = ?", {sqlite_blob{payload}});
  }
  void set_reason(std::string_view reason) const { database().run("UPDATE batch SET reason = ?", {reason}); }
  std::string id() const { return last_json(command.call({"dead", "list", "--json"}).out)["id"]; }

  std::size_t buried = 0;
  std::atomic<int> status{422};
  std::mutex mutex;
  json arrived;
  http_server destination{[this](const http_request& r) {
    const std::lock_guard guard{mutex};
    if (status == 200)
      arrived = json::parse(gunzip(r.body));
    return http_reply{.status = status};
  }};
  temporary_folder folder;
  std::string file = folder.path() + "/queue.db";
  command_queue command;

private:
  sqlite_db database() const { return sqlite_db{file, std::chrono::milliseconds{5'000}}; }
};

} // namespace

TEST_CASE("a command that only reads the queue ends with the reader of its output, and says nothing", "[e2e][dead]") {
  const dead_queue q;
  const auto call_without_reader = [&](const std::vector<std::string>& words) {
    const auto pipe = q.folder.path() + "/pipe";
    std::vector<std::string> all{"/bin/bash", "-c", "mkfifo $0; exec 3<>$0; exec >$0; exec 3>&-; rm $0; exec \"$@\"",
                                 pipe};
    const auto command = q.command.words(words);
    all.insert(all.end(), command.begin(), command.end());
    return run(all);
  };
  for (const auto& words : {std::vector<std::string>{"dead", "list"},
                            {"dead", "list", "--json"},
                            {"dead", "show", q.id()},
                            {"dead", "groups"},
                            {"dead", "export"},
                            {"dead", "export", "--events"},
                            {"status"},
                            {"status", "--watch", "--json"}}) {
    const auto done = call_without_reader(words);
    INFO(words[0] << ' ' << words.back() << ": " << done.err);
    CHECK(done.status == 128 + SIGPIPE);
    CHECK(done.err == "");
  }
}

TEST_CASE("a dead letter is shown with nothing that a terminal obeys", "[e2e][dead]") {
  const dead_queue q;
  const std::string hostile = "caf\xc3\xa9 \xc2\x9b"
                              "2J \x7f \xe2\x80\xae \xe2\x81\xa7";
  q.set_payload(R"({"batch":[{"event":")" + hostile + "\"}]}");
  const auto shown = q.command.call({"dead", "show", q.id()});
  CHECK(shown.status == 0);
  CHECK(shown.out.find("caf\xc3\xa9 \\u009b2J \\u007f \\u202e \\u2067\"") != std::string::npos);
  CHECK(json::parse(shown.out)["batch"].at(0)["event"] == hostile);
}

TEST_CASE("a reason that is not UTF-8 is listed and shown", "[e2e][dead]") {
  const dead_queue q;
  q.set_reason("no\xff\x9b"
               "2J\xc2\x9b");
  const auto listed = q.command.call({"dead", "list", "--json"});
  CHECK(listed.status == 0);
  CHECK(last_json(listed.out)["reason"] == "no\xef\xbf\xbd\xef\xbf\xbd"
                                           "2J\xc2\x9b");
  CHECK(listed.out.find('\x9b') == std::string::npos);
  CHECK(q.command.call({"dead", "show", q.id()}).status == 0);
}

TEST_CASE("a payload that is not JSON is shown as text, with a note", "[e2e][dead]") {
  const dead_queue q;
  for (const auto& payload : {std::string{"no JSON \x1b[2J"}, std::string{"[]"}, std::string(100'000, '[')}) {
    q.set_payload(payload);
    const auto shown = q.command.call({"dead", "show", q.id()});
    CHECK(shown.status == 0);
    CHECK(shown.err == "sluice dead show: the payload is not a batch in JSON; it is shown as text\n");
    CHECK(json::parse(shown.out)["payload"] == payload);
  }
}

TEST_CASE("dead letters are listed and replayed by the name and the user of an event", "[e2e][dead]") {
  const dead_queue q;
  const auto listed = [&](const std::vector<std::string>& more) {
    return lines_of(q.command.call({"dead", "list", "--json"}, more).out).size();
  };
  CHECK(listed({"--event", "e"}) == 1);
  CHECK(listed({"--user", "u"}) == 1);
  CHECK(listed({"--event", "u"}) == 0);
  CHECK(listed({"--user", "e"}) == 0);
  CHECK(q.command.call({"dead", "replay", "--event", "other"}).status == 0);
  CHECK(q.command.status()["dead"] == 1);
  CHECK(q.command.call({"dead", "replay", "--event", "e", "--user", "u"}).status == 0);
  CHECK(q.command.status()["dead"] == 0);
}

TEST_CASE("dead letters are grouped by status and reason, the largest group first", "[e2e][dead]") {
  dead_queue q{good_event};
  q.bury(numbered_events("m", 3), 409);
  const auto text = lines_of(q.command.call({"dead", "groups"}).out);
  REQUIRE(text.size() == 2);
  CHECK(text[0].starts_with("1 letter, 3 events, "));
  CHECK(text[0].find(" ago, status 409: ") != std::string::npos);
  CHECK(text[1].starts_with("1 letter, 1 event, "));
  const auto lines = lines_of(q.command.call({"dead", "groups", "--json"}).out);
  REQUIRE(lines.size() == 2);
  CHECK(json::parse(lines[0])["status"] == 409);
  CHECK(json::parse(lines[1])["status"] == 422);
  CHECK(lines_of(q.command.call({"dead", "groups", "--status", "422"}).out).size() == 1);
}

TEST_CASE("dead letters are exported with their events, from a cursor on", "[e2e][dead]") {
  dead_queue q{numbered_events("m", 2)};
  q.bury(numbered_events("n", 1), 409);
  const auto all = q.command.call({"dead", "export"});
  CHECK(all.status == 0);
  const auto lines = lines_of(all.out);
  REQUIRE(lines.size() == 2);
  const auto first = json::parse(lines[0]);
  CHECK(first["events"] == 2);
  CHECK(first["batch"][1]["messageId"] == "m-1");
  CHECK(json::parse(lines[1])["status"] == 409);
  const auto cursor = std::to_string(first["died_ms"].get<std::int64_t>()) + "/" + first["id"].get<std::string>();
  const auto rest = lines_of(q.command.call({"dead", "export", "--after", cursor}).out);
  REQUIRE(rest.size() == 1);
  CHECK(rest[0] == lines[1]);
  CHECK(lines_of(q.command.call({"dead", "export", "--status", "422"}).out).size() == 1);
  CHECK(q.command.call({"dead", "export", "--after", "nonsense"}).status == 1);
}

TEST_CASE("events that were exported are sent again as they were", "[e2e][dead]") {
  const dead_queue q{R"({"type":"track","userId":"u","event":"e","messageId":"m","properties":{"n":1.10}})"};
  const auto events = q.command.call({"dead", "export", "--events"});
  CHECK(events.status == 0);
  std::mutex mutex;
  std::string body;
  http_server other{[&](const http_request& r) {
    const std::lock_guard guard{mutex};
    body = gunzip(r.body);
    return http_reply{};
  }};
  const command_queue again;
  CHECK(again.call({"send", "-", "--url", other.url()}, {}, events.out).status == 0);
  const std::lock_guard guard{mutex};
  CHECK(body.find(R"({"messageId":"m",)") != std::string::npos);
  CHECK(body.find(R"("properties":{"n":1.10})") != std::string::npos);
}

TEST_CASE("a damaged dead letter does not keep the others from being exported", "[e2e][dead]") {
  dead_queue q{good_event};
  q.set_payload("\x1f\x8b no gzip");
  const auto damaged = q.id();
  q.bury(numbered_events("n", 1), 409);
  const auto all = q.command.call({"dead", "export"});
  CHECK(all.status == 1);
  CHECK(all.err == "sluice dead export: " + damaged + ": the payload is damaged\n");
  const auto lines = lines_of(all.out);
  REQUIRE(lines.size() == 2);
  CHECK(json::parse(lines[0])["error"] == "the payload is damaged");
  const auto events = q.command.call({"dead", "export", "--events"});
  CHECK(events.status == 1);
  CHECK(last_json(events.out)["messageId"] == "n-0");
}

TEST_CASE("events of a dead letter are dropped and edited, and the rest is delivered under a new id", "[e2e][dead]") {
  dead_queue q{numbered_events("m", 5)};
  const auto old = q.id();
  const auto edits = "\n"
                     R"({"index":2,"event":{"type":"track","userId":"u","event":"mended"}})"
                     "\n";
  const auto done = q.command.call({"dead", "edit", old, "--drop", "4", "--drop", "1", "--edit", "-"}, {}, edits);
  CHECK(done.status == 0);
  CHECK(done.err == "");
  CHECK(done.out == "replaced by " + old + ".e1: 3 events, 2 dropped\n");
  const auto status = q.command.status();
  CHECK(status["dead"] == 0);
  CHECK(status["ready"] == 3);
  CHECK(status["purged"] == 2);
  const auto arrived = q.delivered();
  REQUIRE(arrived.size() == 3);
  CHECK(arrived[0]["messageId"] == "m-0");
  CHECK(arrived[1]["messageId"] == "m-2");
  CHECK(arrived[1]["event"] == "mended");
  CHECK(arrived[2]["messageId"] == "m-3");
}

TEST_CASE("an edit that is wrong says so by its option or its line, and changes nothing", "[e2e][dead][bad input]") {
  const dead_queue q{numbered_events("m", 3)};
  const auto refused = [&](const std::vector<std::string>& more, const std::string& input = "", int status = 2) {
    auto words = std::vector<std::string>{"dead", "edit", q.id()};
    words.insert(words.end(), more.begin(), more.end());
    const auto done = q.command.call(words, {}, input);
    CHECK(done.status == status);
    CHECK(done.out == "");
    return done.err;
  };
  CHECK(refused({}) == "sluice dead edit: --drop or --edit is needed: which events to drop, or a file with those that "
                       "replace others\n");
  CHECK(refused({"--drop", "9"}) == "sluice dead edit: --drop: must be from 0 to 2: there is no event 9\n");
  CHECK(refused({"--drop", "1", "--drop", "1"}) == "sluice dead edit: --drop: names event 1 a second time\n");
  CHECK(refused({"--drop", "0", "--drop", "1", "--drop", "2"}) ==
        "sluice dead edit: --drop: must leave an event: purge the dead letter to drop them all\n");
  refused({"--drop", "-1"});
  refused({"--drop", "x"});
  const std::string page = R"({"index":0,"event":{"type":"page","userId":"u"}})";
  CHECK(refused({"--edit", "-"}, page + "\n\n{\"index\":1,\"event\":{\"type\":\"page\"}}\n") ==
        "sluice dead edit: line 3: event.userId: userId or anonymousId is required\n");
  CHECK(refused({"--edit", "-"}, page + "\n" + page) ==
        "sluice dead edit: line 2: index: names event 0 a second time\n");
  CHECK(refused({"--edit", "-"}, "\n{\"index\":1}\n") == "sluice dead edit: line 2: event: is required\n");
  CHECK(refused({"--edit", "-"}, "\n") == "sluice dead edit: -: has no edit, as in {\"index\":2,\"event\":{...}}\n");
  CHECK(refused({"--edit", q.folder.path() + "/none"}).find("/none: No such file") != std::string::npos);
  CHECK(q.command.call({"dead", "edit", "none-1", "--drop", "0"}).status == 1);
  const auto by_variable = run(q.command.words({"dead", "edit", q.id()}), "", {"SLUICE_WRITE_KEY=k", "SLUICE_DROP=0"});
  CHECK(by_variable.status == 2);
  CHECK(q.command.status()["dead"] == 3);
  q.set_payload("damaged");
  CHECK(refused({"--drop", "0"}, "", 1) == "sluice dead edit: payload: the payload is damaged\n");
}
