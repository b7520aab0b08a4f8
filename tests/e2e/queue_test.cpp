#include "support/catch.hpp"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <sstream>

#include <nlohmann/json.hpp>

#include "support/http_server.hpp"
#include "support/pipeline.hpp"
#include "support/process.hpp"

using namespace sluice::test;
using nlohmann::json;

namespace {

const std::string command = SLUICE_COMMAND_PATH;
const std::string good = R"({"type":"track","userId":"u","event":"e"})";

// Commands on one queue in a file.
struct queue {
  temporary_folder folder;
  std::string store = "sqlite:" + folder.path() + "/queue.db";

  std::vector<std::string> words(std::vector<std::string> first, const std::vector<std::string>& more = {}) const {
    first.insert(first.begin(), command);
    first.insert(first.end(), {"--store", store});
    first.insert(first.end(), more.begin(), more.end());
    return first;
  }
  process_result call(std::vector<std::string> first, const std::vector<std::string>& more = {},
                      const std::string& input = "") const {
    return run(words(std::move(first), more), input, {"SLUICE_WRITE_KEY=k"});
  }
  json status() const {
    const auto done = call({"status", "--json"});
    INFO(done.err);
    REQUIRE(done.status == 0);
    auto s = json::parse(done.out);
    const auto n = [&](const char* name) { return s.at(name).get<std::uint64_t>(); };
    CHECK(n("stored") == n("delivered") + n("dead") + n("ready") + n("in_flight") + n("retry") + n("purged"));
    return s;
  }
};

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> all;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);)
    all.push_back(line);
  return all;
}

std::string numbered_events(int round, int count) {
  std::string text;
  for (int i = 0; i < count; ++i)
    text += R"({"type":"track","userId":"u","event":"e","messageId":"r)" + std::to_string(round) + "-" +
            std::to_string(i) + "\"}\n";
  return text;
}

// A number from the environment: rounds and seed of the kill test.
std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

} // namespace

TEST_CASE("kill -9 of a sender at any moment loses nothing that was stored", "[e2e][kill]") {
  const auto rounds = setting("SLUICE_KILL_ROUNDS", 3);
  const auto seed = setting("SLUICE_SEED", std::random_device{}());
  std::mt19937_64 random{seed};
  std::size_t total_lost = 0, total_duplicates = 0, total_stored = 0;
  for (std::uint64_t round = 0; round < rounds; ++round) {
    INFO("seed " << seed << ", round " << round);
    queue q;
    const auto record = q.folder.path() + "/record";
    const auto receipts = q.folder.path() + "/receipts";
    const auto events = q.folder.write("events", numbered_events(static_cast<int>(round), 20'000));
    process sink{{command, "sink", "--port", "0", "--record", record, "--fail-rate", "0.1"}};
    const auto url = sink.wait_for_line("listening on ");
    {
      process sender{q.words({"send", events, "--url", url}, {"--receipts", receipts, "--flush-at", "100"}),
                     "",
                     {"SLUICE_WRITE_KEY=k"}};
      // After a random part of the events, so that every stage of a run is hit, its start included.
      const auto moment = std::uniform_int_distribution<std::size_t>{0, 300'000}(random);
      REQUIRE(eventually([&] {
        std::error_code none;
        const auto size = std::filesystem::file_size(receipts, none);
        return !none && size >= std::min<std::size_t>(moment, 150'000);
      }));
      sender.signal(SIGKILL);
      sender.wait();
    }
    q.status();
    const auto done = q.call({"run", "--until-empty", "--json", "--url", url});
    INFO(done.err);
    CHECK(done.status == 0);
    const auto s = q.status();
    CHECK(s["stored"] == s["delivered"]);
    sink.signal(SIGTERM);
    sink.wait();

    std::map<std::string, std::size_t> arrived;
    for (const auto& line : lines(read_file(record)))
      ++arrived[line.substr(0, line.find(' '))];
    std::size_t lost = 0, duplicates = 0;
    for (const auto& [id, times] : arrived)
      duplicates += times - 1;
    // A last line that the kill cut off is no receipt.
    auto text = read_file(receipts);
    text.resize(text.rfind('\n') + 1);
    const auto stored = lines(text);
    for (const auto& id : stored)
      lost += arrived.count(id) == 0;
    CHECK(lost == 0);
    CHECK(duplicates <= 8 * 500); // max_in_flight batches of max_batch_events
    total_lost += lost;
    total_duplicates += duplicates;
    total_stored += stored.size();
  }
  std::printf("kill test: seed %llu, %llu rounds, %zu receipts, %zu lost, %zu duplicates\n",
              static_cast<unsigned long long>(seed), static_cast<unsigned long long>(rounds), total_stored, total_lost,
              total_duplicates);
}

TEST_CASE("after max_attempts a batch is dead, and delivered when it is replayed", "[e2e][queue]") {
  queue q;
  std::atomic<bool> well{false};
  http_server server{[&](const http_request&) { return http_reply{.status = well ? 200 : 422, .body = "sick"}; }};
  const auto sent = q.call({"send", "-", "--url", server.url()}, {"--json"}, good + "\n" + good + "\n");
  CHECK(sent.status == 1);
  CHECK(q.status()["dead"].get<int>() + q.status()["delivered"].get<int>() == 2);
  CHECK(q.status()["dead"] == 2);

  const auto list = lines(q.call({"dead", "list", "--json"}).out);
  REQUIRE(!list.empty());
  const auto id = json::parse(list[0])["id"].get<std::string>();
  CHECK(json::parse(list[0])["status"] == 422);
  CHECK(q.call({"dead", "list", "--status", "500"}).out == "");
  CHECK(q.call({"dead", "list", "--older-than", "1h"}).out == "");
  CHECK(q.call({"dead", "list", "--older-than", "soon"}).status == 2);
  const auto shown = json::parse(q.call({"dead", "show", id}).out);
  CHECK(shown["reason"].get<std::string>().find("sick") != std::string::npos);
  CHECK(shown["batch"].at(0)["event"] == "e");
  CHECK(q.call({"dead", "show", "nothing"}).status == 1);

  CHECK(q.call({"dead", "replay"}).status == 2);
  CHECK(q.call({"dead", "replay", "--all", "--dry-run"}).err.find("2 events") != std::string::npos);
  CHECK(q.status()["dead"] == 2);
  CHECK(q.call({"dead", "replay", "--all", "--rate", "1000"}).status == 0);
  CHECK(q.status()["ready"] == 2);
  well = true;
  const auto done = q.call({"run", "--until-empty", "--json", "--url", server.url()});
  CHECK(done.status == 0);
  CHECK(json::parse(lines(done.out).back())["recovered"] == 2);
  CHECK(q.status()["delivered"] == 2);
}

TEST_CASE("dead letters that are purged are counted", "[e2e][queue]") {
  queue q;
  http_server server{[&](const http_request&) { return http_reply{.status = 422, .body = ""}; }};
  q.call({"send", "-", "--url", server.url()}, {}, good);
  CHECK(q.call({"dead", "purge", "--all"}).status == 0);
  CHECK(q.status()["purged"] == 1);
}

TEST_CASE("a paused queue is not delivered until it is resumed", "[e2e][queue]") {
  queue q;
  http_server server;
  q.call({"send", "-", "--url", server.url()}, {}, good); // makes the queue
  REQUIRE(q.call({"pause"}).status == 0);
  process sender{q.words({"send", "-", "--url", server.url()}), good + "\n", {"SLUICE_WRITE_KEY=k"}};
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
  queue q;
  http_server server;
  process first{q.words({"send", "-", "--url", server.url()}, {"--flush-at", "1"}), "", {"SLUICE_WRITE_KEY=k"}};
  first.say(good);
  REQUIRE(eventually([&] { return server.requests().size() == 1; }));
  const auto second = q.call({"run", "--until-empty", "--url", server.url()});
  CHECK(second.status == 2);
  CHECK(second.err.find("persistence") != std::string::npos);
  CHECK(q.status()["owners"].size() == 1);
  first.say(good);
  REQUIRE(eventually([&] { return server.requests().size() == 2; }));
  first.end_input();
  CHECK(first.wait().status == 0);
}

TEST_CASE("a queue in memory cannot be looked into", "[e2e][queue]") {
  const auto done = run({command, "status", "--store", "memory"});
  CHECK(done.status == 2);
  CHECK(done.err.find("persistence") != std::string::npos);
}
