#include "support/catch.hpp"

#include <csignal>

#include "store/sqlite/database.hpp"
#include "support/command_queue.hpp"
#include "support/http_server.hpp"

using namespace sluice;
using namespace sluice::test;
using nlohmann::json;

namespace {

// A queue with one dead letter, which the test may change behind the command's back.
struct dead_queue {
  dead_queue() : command{"sqlite:" + file} {
    http_server server{[](const http_request&) { return http_reply{.status = 422}; }};
    command.call({"send", "-", "--url", server.url()}, {}, good_event);
    REQUIRE(command.status()["dead"] == 1);
  }
  void set_payload(std::string_view payload) const {
    database().run("UPDATE body SET payload = ?", {sqlite_blob{payload}});
  }
  void set_reason(std::string_view reason) const { database().run("UPDATE batch SET reason = ?", {reason}); }
  std::string id() const { return last_json(command.call({"dead", "list", "--json"}).out)["id"]; }

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
