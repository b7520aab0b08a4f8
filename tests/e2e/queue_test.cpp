#include "support/catch.hpp"

#include <atomic>
#include <csignal>
#include <filesystem>

#include <sys/resource.h>

#include "support/command_queue.hpp"
#include "support/http_server.hpp"
#include "support/pipeline.hpp"
#include "support/small_disk.hpp"

using namespace sluice::test;
using nlohmann::json;

TEST_CASE("after max_attempts a batch is dead, and delivered when it is replayed", "[e2e][queue]") {
  command_queue q;
  std::atomic<bool> well{false};
  http_server server{[&](const http_request&) { return http_reply{.status = well ? 200 : 422, .body = "ill"}; }};
  const auto sent = q.call({"send", "-", "--url", server.url()}, {"--json"}, good_event + "\n" + good_event + "\n");
  CHECK(sent.status == 5);
  CHECK(q.status()["dead"].get<int>() + q.status()["delivered"].get<int>() == 2);
  CHECK(q.status()["dead"] == 2);

  const auto list = lines_of(q.call({"dead", "list", "--json"}).out);
  REQUIRE(!list.empty());
  const auto id = json::parse(list[0])["id"].get<std::string>();
  CHECK(json::parse(list[0])["status"] == 422);
  CHECK(q.call({"dead", "list", "--status", "500"}).out == "");
  CHECK(q.call({"dead", "list", "--older-than", "1h"}).out == "");
  CHECK(q.call({"dead", "list", "--older-than", "soon"}).status == 2);
  const auto shown = json::parse(q.call({"dead", "show", id}).out);
  CHECK(shown["reason"].get<std::string>().find("ill") != std::string::npos);
  CHECK(shown["batch"].at(0)["event"] == "e");
  CHECK(q.call({"dead", "show", "nothing"}).status == 1);
  for (const char* what : {"replay", "purge"}) {
    const auto none = q.call({"dead", what, "nothing"});
    CHECK(none.status == 1);
    CHECK(none.err.find("sluice dead " + std::string{what} + ": no dead letter that was selected has the ID nothing") !=
          std::string::npos);
  }
  CHECK(q.status()["dead"] == 2);

  CHECK(q.call({"dead", "replay"}).status == 2);
  CHECK(q.call({"dead", "replay", "--all", "--dry-run"}).err.find("2 events") != std::string::npos);
  CHECK(q.status()["dead"] == 2);
  CHECK(q.call({"dead", "replay", "--all", "--rate", "1000"}).status == 0);
  CHECK(q.status()["ready"] == 2);
  well = true;
  const auto done = q.call({"run", "--until-empty", "--json", "--url", server.url()});
  CHECK(done.status == 0);
  CHECK(last_json(done.out)["recovered"] == 2);
  CHECK(q.status()["delivered"] == 2);
}

TEST_CASE("dead letters that are purged are counted", "[e2e][queue]") {
  command_queue q;
  http_server server{[&](const http_request&) { return http_reply{.status = 422, .body = ""}; }};
  q.call({"send", "-", "--url", server.url()}, {}, good_event);
  CHECK(q.call({"dead", "purge", "--all"}).status == 0);
  CHECK(q.status()["purged"] == 1);
}

TEST_CASE("a paused queue is not delivered until it is resumed", "[e2e][queue]") {
  command_queue q;
  http_server server;
  q.call({"send", "-", "--url", server.url()}, {}, good_event); // makes the queue
  REQUIRE(q.call({"pause"}).status == 0);
  auto sender = q.start({"send", "-", "--url", server.url()}, {}, good_event + "\n");
  sender.end_input();
  REQUIRE(eventually([&] { return q.status()["ready"] == 1; }));
  CHECK(q.status()["paused"] == true);
  CHECK(server.requests().size() == 1);
  REQUIRE(q.call({"resume"}).status == 0);
  const auto done = sender.wait();
  INFO(done.out << done.err);
  CHECK(done.status == 0);
  CHECK(server.requests().size() == 2);
}

TEST_CASE("a second process on a queue is refused, and the first goes on", "[e2e][queue]") {
  command_queue q;
  http_server server;
  auto first = q.start({"send", "-", "--url", server.url()}, {"--flush-at", "1"});
  first.say(good_event);
  REQUIRE(eventually([&] { return server.requests().size() == 1; }));
  const auto second = q.call({"run", "--until-empty", "--url", server.url()});
  CHECK(second.status == 3);
  CHECK(second.err.find("--store: ") != std::string::npos);
  CHECK(second.err.find("end that one, or use another file, or wait for it with --wait") != std::string::npos);
  CHECK(q.status()["owners"].size() == 1);
  first.say(good_event);
  REQUIRE(eventually([&] { return server.requests().size() == 2; }));
  first.end_input();
  CHECK(first.wait().status == 0);
}

TEST_CASE("status says how the deliveries of the process go, and since when", "[e2e][queue]") {
  command_queue q;
  std::atomic<int> status{503};
  http_server server{[&](const http_request&) { return http_reply{.status = status}; }};
  auto sender = q.start({"send", "-", "--url", server.url()}, {"--flush-at", "1"});
  sender.say(good_event);
  REQUIRE(eventually([&] { return !server.requests().empty(); }));
  const auto owner = [&] { return q.status()["owners"].at(0); };
  REQUIRE(eventually([&] { return owner()["last_failure"].get<std::string>().find("HTTP 503") == 0; }));
  CHECK(owner()["suspended"] == "");
  CHECK(owner()["said_ms"].is_number());
  CHECK(q.call({"status"}).out.find("\n  last failure ") != std::string::npos);
  status = 401;
  REQUIRE(eventually([&] { return owner()["suspended"].get<std::string>().find("HTTP 401") == 0; }));
  CHECK(q.call({"status"}).out.find("\n  deliveries are suspended: HTTP 401") != std::string::npos);
  status = 200;
  REQUIRE(q.call({"resume"}).status == 0);
  REQUIRE(eventually([&] { return owner()["suspended"] == ""; }));
  CHECK(owner()["last_failure"].get<std::string>().find("HTTP 401") == 0);
  sender.end_input();
  CHECK(sender.wait().status == 0);
  CHECK(q.status()["owners"].empty());
}

TEST_CASE("a queue in memory cannot be looked into", "[e2e][queue]") {
  const auto done = run({SLUICE_COMMAND_PATH, "status", "--store", "memory"});
  CHECK(done.status == 2);
  CHECK(done.err.find("sluice status: --store: ") != std::string::npos);
}

TEST_CASE("a replay does not meet its own results", "[e2e][queue]") {
  command_queue q;
  std::atomic<int> requests{0}; // two statuses in turn, so that the burial guard has no objection
  http_server server{[&](const http_request&) { return http_reply{.status = ++requests % 2 == 0 ? 422 : 409}; }};
  q.call({"send", "-", "--url", server.url()}, {"--flush-at", "1"}, numbered_events("r", 700));
  const auto dead = q.status()["dead"].get<std::uint64_t>();
  REQUIRE(dead == 700);
  auto runner = q.start({"run", "--url", server.url()});
  REQUIRE(eventually([&] { return q.status()["owners"].size() == 1; }));
  const auto replayed = q.call({"dead", "replay", "--all", "--rate", "2000"});
  CHECK(replayed.err.find(" 700 events") != std::string::npos);
  REQUIRE(eventually([&] { return q.status()["dead"] == 700; }));
  runner.signal(SIGTERM);
  runner.wait();
}

TEST_CASE("when everything is refused the queue is paused, also for the next process, until sluice resume",
          "[e2e][queue][guard]") {
  command_queue q;
  std::atomic<bool> well{false};
  http_server server{[&](const http_request&) { return http_reply{.status = well ? 200 : 422}; }};
  const auto events = q.folder().write("events", numbered_events("g", 30'000));
  const auto refused = q.call({"send", events, "--url", server.url()}, {"--drain-timeout", "2"});
  CHECK(refused.status == 5);
  CHECK(refused.err.find("20 batches in a row are dead") != std::string::npos);
  CHECK(refused.err.find("resume") != std::string::npos);
  const auto dead = q.status()["dead"].get<int>();
  CHECK(dead <= 20 * 500);
  CHECK(q.status()["paused"] == true);
  well = true;
  auto next = q.start({"run", "--until-empty", "--url", server.url()});
  REQUIRE(eventually([&] { return q.status()["owners"].size() == 1; }));
  CHECK(q.call({"resume"}).status == 0);
  CHECK(next.wait().status == 0);
  CHECK(q.status()["delivered"] == 30'000 - dead);
  CHECK(q.status()["dead"] == dead);
}

TEST_CASE("a queue whose file cannot grow pushes back, and goes on when it can", "[e2e][queue]") {
  command_queue q;
  http_server server{[&](const http_request&) { return http_reply{.status = 503}; }};
  const auto events = q.folder().write("events", numbered_events("full", 40'000));
  // As on a full disk: no file of the process may pass 1 MiB.
  auto words = q.words({"send", events, "--url", server.url()},
                       {"--no-gzip", "--max-attempts", "1000", "--drain-timeout", "1", "--json"});
  words.insert(words.begin(), {"/bin/bash", "-c", "trap '' XFSZ; ulimit -S -f 1024; exec \"$@\"", "limited"});
  process sender{words, "", {"SLUICE_WRITE_KEY=k"}};
  sender.wait_for_error("the disk is full");
  CHECK(q.status()["stored"] < 20'000);
  sender.lift_limit(RLIMIT_FSIZE); // the disk has room again
  const auto done = sender.wait();
  INFO(done.out << done.err);
  CHECK(last_json(done.out)["accepted"] == 40'000);
  CHECK(last_json(done.out)["lost"] == 0);
  const auto s = q.status();
  CHECK(s["stored"] == 40'000);
  CHECK(s["ready"].get<int>() + s["retry"].get<int>() == 40'000);
}

TEST_CASE("a sender whose queue's file is removed says so, and counts what was in it as lost", "[e2e][queue]") {
  command_queue q;
  http_server server{[&](const http_request&) { return http_reply{.status = 503}; }};
  auto sender = q.start({"send", "-", "--url", server.url()}, {"--flush-interval", "1", "--json"});
  sender.say(good_event);
  REQUIRE(eventually([&] {
    const auto s = q.call({"status", "--json"});
    return s.status == 0 && json::parse(s.out)["stored"] == 1;
  }));
  std::filesystem::remove(q.folder().path() + "/queue.db");
  sender.say(good_event);
  sender.end_input();
  const auto done = sender.wait();
  INFO(done.out << done.err);
  CHECK(done.status == 3);
  CHECK(done.err.find("queue.db was removed or replaced") != std::string::npos);
  const auto ledger = last_json(done.out);
  CHECK(ledger["accepted"] == 2);
  CHECK(ledger["waiting"] == 0);
  CHECK(ledger["lost"] == 2);
}

TEST_CASE("while a full disk takes nothing, what memory holds is delivered from there", "[e2e][queue]") {
  small_disk disk;
  const command_queue q{"sqlite:" + disk.path() + "/queue.db"};
  http_server server;
  auto sender = q.start({"send", "-", "--url", server.url()}, {"--flush-at", "500", "--no-gzip", "--json"});
  sender.say(good_event);
  REQUIRE(eventually([&] { return server.requests().size() == 1; })); // the queue is there
  disk.fill();
  for (const auto& event : lines_of(numbered_events("full", 1'999)))
    sender.say(event);
  sender.end_input();
  const auto done = sender.wait();
  INFO(done.out << done.err);
  CHECK(done.err.find("the disk is full") != std::string::npos);
  CHECK(done.status == 0);
  const auto ledger = last_json(done.out);
  CHECK(ledger["accepted"] == 2'000);
  CHECK(ledger["delivered"] == 2'000);
  const auto s = q.status();
  CHECK(s["stored"] == s["delivered"]);
  CHECK(s["stored"] < 2'000);
}

TEST_CASE("a disk that a backlog has filled drains when the endpoint is back, and the file becomes small",
          "[e2e][queue]") {
  small_disk disk;
  const auto file = disk.path() + "/queue.db";
  const command_queue q{"sqlite:" + file};
  std::atomic<bool> well{false};
  http_server server{[&](const http_request&) { return http_reply{.status = well ? 200 : 503}; }};
  const auto events = q.folder().write("events", numbered_events("full", 60'000));
  auto sender = q.start({"send", events, "--url", server.url()}, {"--no-gzip", "--max-attempts", "1000", "--json"});
  sender.wait_for_error("the disk is full");
  CHECK(q.status()["stored"] < 60'000);
  well = true;
  const auto done = sender.wait();
  INFO(done.out << done.err);
  CHECK(done.status == 0);
  CHECK(last_json(done.out)["delivered"] == 60'000);
  CHECK(done.err.find("disk is full") != std::string::npos);
  CHECK(done.err.find("disk is full", done.err.find("disk is full") + 1) == std::string::npos);
  CHECK(std::filesystem::file_size(file) < 1'000'000);
  CHECK(!std::filesystem::exists(file + ".reserve"));
}

TEST_CASE("a second process waits for its turn if it is told to", "[e2e][queue]") {
  command_queue q;
  http_server server;
  auto first = q.start({"send", "-", "--url", server.url()}, {"--flush-at", "1"});
  first.say(good_event);
  REQUIRE(eventually([&] { return server.requests().size() == 1; }));
  auto second = q.start({"send", "-", "--url", server.url()}, {"--wait"}, good_event + "\n");
  second.end_input();
  auto third = q.start({"run", "--url", server.url()}, {"--wait"});
  second.wait_for_error("waiting for it");
  third.wait_for_error("waiting for it");
  third.signal(SIGTERM);
  CHECK(third.wait().status == 3);
  CHECK(server.requests().size() == 1);
  first.end_input();
  CHECK(first.wait().status == 0);
  const auto done = second.wait();
  CHECK(done.status == 0);
  CHECK(done.err.find("waiting for it") == done.err.rfind("waiting for it"));
  CHECK(server.requests().size() == 2);
}

TEST_CASE("what waits in a default queue is named, listed and delivered by the command that is shown", "[e2e][queue]") {
  const temporary_folder state;
  const std::vector<std::string> environment{"SLUICE_WRITE_KEY=k", "XDG_STATE_HOME=" + state.path()};
  CHECK(run({SLUICE_COMMAND_PATH, "queues"}, "", environment).out == "");
  std::atomic<bool> well{false};
  http_server server{[&](const http_request&) { return http_reply{.status = well ? 200 : 503}; }};
  const auto key = state.write("a key", "k");
  const auto sent =
      run({SLUICE_COMMAND_PATH, "send", "-", "--url", server.url(), "--write-key-file", key, "--drain-timeout", "1"},
          good_event, environment);
  CHECK(sent.status == 6);
  INFO(sent.err);
  CHECK(sent.err.find("sluice send: 1 event waits in " + state.path() + "/sluice/") != std::string::npos);

  const auto listed = run({SLUICE_COMMAND_PATH, "queues", "--json"}, "", environment);
  CHECK(listed.status == 0);
  REQUIRE(lines_of(listed.out).size() == 1);
  const auto queue = json::parse(listed.out);
  CHECK(queue["waiting"] == 1);
  CHECK(queue["dead"] == 0);
  CHECK(queue["owners"] == json::array());
  const auto path = queue["path"].get<std::string>();
  CHECK(run({SLUICE_COMMAND_PATH, "queues"}, "", environment).out == path + "  waiting 1  dead 0  not processed\n");

  well = true;
  const auto start = sent.err.find("sluice run ");
  REQUIRE(start != std::string::npos);
  const auto shown = sent.err.substr(start + 7, sent.err.find(" (with", start) - start - 7);
  CHECK(shown == "run --store sqlite:" + path + " --url " + server.url() + " --write-key-file '" + key + "'");
  CHECK(run({"/bin/bash", "-c", "exec \"$0\" " + shown + " --until-empty", SLUICE_COMMAND_PATH}, "", environment)
            .status == 0);
  CHECK(server.requests().size() >= 2);
  std::filesystem::remove(path);
  state.write("sluice/broken.db", "no queue");
  const auto broken = run({SLUICE_COMMAND_PATH, "queues"}, "", environment);
  CHECK(broken.status == 1);
  CHECK(broken.err.find("broken.db") != std::string::npos);
}

TEST_CASE("status prints anew until it is interrupted", "[e2e][queue]") {
  command_queue q;
  http_server server;
  q.call({"send", "-", "--url", server.url()}, {}, good_event);
  auto text = q.start({"status", "--watch", "100ms"});
  text.wait_for_line("  delivered             1");
  q.call({"send", "-", "--url", server.url()}, {}, good_event);
  text.wait_for_line("  delivered             2");
  text.signal(SIGINT);
  const auto printed = text.wait();
  CHECK(printed.status == 0);
  CHECK(printed.out.find("\n\nevents\n") != std::string::npos);
  auto as_json = q.start({"status", "--json", "--watch"});
  as_json.wait_for_line("{");
  as_json.signal(SIGTERM);
  const auto done = as_json.wait();
  CHECK(done.status == 0);
  CHECK(last_json(done.out)["delivered"] == 2);
  CHECK(q.call({"status", "--watch", "soon"}).status == 2);
}
