#include "support/catch.hpp"

#include <csignal>
#include <cstdio>
#include <map>
#include <random>
#include <set>

#include "support/command_queue.hpp"
#include "support/pipeline.hpp"
#include "support/redis_server.hpp"

// The order of each user's events, whatever fails and is killed. SLUICE_ORDER_EVENTS, SLUICE_ORDER_USERS and
// SLUICE_SEED set how much, and repeat a run.

using namespace sluice::test;

namespace {

// Events of many users, a line each, with the ids `USER-0`, `USER-1`, … of each.
std::string events_of_users(std::size_t count, std::size_t users, std::mt19937_64& random) {
  std::vector<std::size_t> next(users);
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    const auto user = random() % users;
    const auto id = std::to_string(user) + "-" + std::to_string(next[user]++);
    text +=
        R"({"type":"track","userId":"user-)" + std::to_string(user) + R"(","event":"e","messageId":")" + id + "\"}\n";
  }
  return text;
}

struct order_found {
  std::size_t arrived = 0, duplicates = 0, out_of_order = 0;
};

// First arrivals, in the order of the record.
order_found order_in(const std::string& record) {
  order_found found;
  std::set<std::string> seen;
  std::map<std::string, long> last;
  for (const auto& line : lines_of(read_file(record))) {
    const auto id = line.substr(0, line.find(' '));
    if (!seen.insert(id).second) {
      ++found.duplicates;
      continue;
    }
    ++found.arrived;
    const auto hyphen = id.find('-');
    const auto number = std::stol(id.substr(hyphen + 1));
    auto& before = last.try_emplace(id.substr(0, hyphen), -1).first->second;
    found.out_of_order += number < before ? 1 : 0;
    before = std::max(before, number);
  }
  return found;
}

// Makes the sender split one batch in twenty; of the first ones, which are full: one event alone would be buried.
constexpr const char* first_are_split = R"(,{"requests":"1-200","rate":0.05,"status":400})";

// A sink that fails one request in ten, in all ways. `more`: rules beside that.
process failing_sink(const temporary_folder& folder, const std::string& record, const std::string& more,
                     const std::string& latency = "0ms") {
  const auto rules = R"({"faults":[{"rate":0.03,"status":503},{"rate":0.03,"status":429},{"rate":0.01,"cut":"before"},)"
                     R"({"rate":0.01,"cut":"after"},{"rate":0.02,"status":500})" +
                     more + "]}";
  return process{{SLUICE_COMMAND_PATH, "sink", "--port", "0", "--record", record, "--latency", latency, "--script",
                  folder.write("faults", rules), "--seed", std::to_string(std::random_device{}())}};
}

void keep_order(const command_queue& q) {
  const auto seed = setting("SLUICE_SEED", std::random_device{}());
  const auto count = setting("SLUICE_ORDER_EVENTS", 20'000), users = setting("SLUICE_ORDER_USERS", 200);
  INFO("seed " << seed);
  std::mt19937_64 random{seed};
  const auto record = q.folder().path() + "/record", receipts = q.folder().path() + "/receipts";
  auto sink = failing_sink(q.folder(), record, first_are_split);
  const auto url = sink.wait_for_line("listening on ");
  const auto input = q.folder().write("events", events_of_users(count, users, random));
  const auto recorded = [&] { return read_file(record).size(); };
  {
    auto sender = q.start({"send", input, "--url", url}, {"--receipts", receipts, "--flush-at", "50"});
    const auto enough = count * 10 * (1 + random() % 3);
    REQUIRE(grows_to(enough, recorded));
    sender.signal(SIGKILL);
    sender.wait();
  }
  {
    const auto had = recorded();
    auto runner = q.start({"run", "--url", url});
    eventually([&] { return recorded() > had + 10'000; }); // unless nothing is left
    runner.signal(SIGKILL);
    runner.wait();
  }
  const auto done = q.call({"run", "--until-empty", "--url", url});
  INFO(done.err);
  CHECK(done.status == 0);
  CHECK(q.status()["ready"] == 0);
  sink.signal(SIGTERM);
  sink.wait();
  const auto found = order_in(record);
  const auto a = compare(record, {receipts});
  std::printf("order of users: seed %llu, %zu receipts, %zu arrived, %zu duplicates, %zu out of order\n",
              static_cast<unsigned long long>(seed), a.receipts, found.arrived, found.duplicates, found.out_of_order);
  CHECK(found.arrived > count / 10);
  CHECK(found.out_of_order == 0);
  CHECK(q.status()["delivered"].get<std::size_t>() >= found.arrived);
}

const std::vector<std::string> per_user{"--partitions", "16", "--ordering", "per_user"};

// One process accepts events, and is killed. Others join it to deliver them; one is killed, one leaves.
void keep_order_among_processes(const command_queue& q) {
  const auto seed = setting("SLUICE_SEED", std::random_device{}());
  const auto count = setting("SLUICE_ORDER_EVENTS", 20'000), users = setting("SLUICE_ORDER_USERS", 200);
  INFO("seed " << seed);
  std::mt19937_64 random{seed};
  const auto record = q.folder().path() + "/record", receipts = q.folder().path() + "/receipts";
  auto sink = failing_sink(q.folder(), record, first_are_split, "50ms");
  const auto url = sink.wait_for_line("listening on ");
  const auto input = q.folder().write("events", events_of_users(count, users, random));
  const auto have_arrived = [&](std::size_t events) {
    return grows_to(events, [&] { return lines_of(read_file(record)).size(); });
  };
  const auto are_there = [&](std::size_t processes) {
    return eventually([&] { return q.status()["owners"].size() == processes; });
  };
  auto sender = q.start({"send", input, "--url", url}, {"--receipts", receipts, "--flush-at", "20"});
  REQUIRE(have_arrived(count / 20));
  auto killed = q.start({"run", "--url", url});
  auto leaves = q.start({"run", "--url", url}, {"--json"});
  REQUIRE(are_there(3));
  REQUIRE(have_arrived(count / 5));
  killed.signal(SIGKILL);
  killed.wait();
  auto stays = q.start({"run", "--url", url}, {"--json"});
  REQUIRE(have_arrived(2 * count / 5));
  leaves.signal(SIGTERM);
  const auto left = leaves.wait();
  CHECK(last_json(left.out)["delivered"] > 0);
  REQUIRE(have_arrived(3 * count / 5));
  sender.signal(SIGKILL);
  sender.wait();
  const auto done = q.call({"run", "--until-empty", "--url", url});
  INFO(done.err);
  CHECK(done.status == 0);
  stays.signal(SIGTERM);
  CHECK(last_json(stays.wait().out)["delivered"] > 0);
  sink.signal(SIGTERM);
  sink.wait();
  const auto found = order_in(record);
  const auto a = compare(record, {receipts});
  std::printf(
      "order of users, shared: seed %llu, %zu receipts, %zu lost, %zu arrived, %zu duplicates, %zu out of order\n",
      static_cast<unsigned long long>(seed), a.receipts, a.lost, found.arrived, found.duplicates, found.out_of_order);
  CHECK(a.lost == 0);
  CHECK(found.out_of_order == 0);
}

std::vector<std::string> in_partitions(int n) {
  return {"--partitions", std::to_string(n), "--ordering", "per_user"};
}

// Between runs that are killed the queue gets another number of partitions, by commands that are killed as well.
void keep_order_over_changes(const command_queue& q) {
  const auto seed = setting("SLUICE_SEED", std::random_device{}());
  const auto count = setting("SLUICE_ORDER_EVENTS", 20'000), users = setting("SLUICE_ORDER_USERS", 200);
  INFO("seed " << seed);
  std::mt19937_64 random{seed};
  const auto record = q.folder().path() + "/record", receipts = q.folder().path() + "/receipts";
  auto sink = failing_sink(q.folder(), record, "");
  const auto url = sink.wait_for_line("listening on ");
  const auto recorded = [&] { return read_file(record).size(); };
  const auto input = q.folder().write("events", events_of_users(count, users, random));
  auto how = in_partitions(3);
  how.insert(how.end(), {"--enqueue", "--receipts", receipts});
  REQUIRE(q.call({"send", input, "--url", url}, how).status == 0);
  std::size_t killed = 0;
  int partitions = 3;
  for (const int next : {16, 5}) {
    const auto had = recorded();
    auto runner = q.start({"run", "--url", url}, in_partitions(partitions));
    REQUIRE(eventually([&] { return recorded() > had + count; }));
    runner.signal(SIGKILL);
    runner.wait();
    std::uint64_t most = 100;
    for (bool more = true; more; most = std::min(most + most / 2, std::uint64_t{20'000})) {
      auto change = q.start({"repartition"}, in_partitions(next)); // refused until the runner is taken for dead
      if (!change.ends_within(std::chrono::milliseconds{random() % most})) {
        change.signal(SIGKILL);
        ++killed;
      }
      more = change.wait().status != 0;
    }
    partitions = next;
  }
  auto finish = in_partitions(partitions);
  finish.push_back("--wait");
  const auto done = q.call({"run", "--until-empty", "--url", url}, finish);
  INFO(done.err << q.call({"dead", "list"}).out);
  CHECK(done.status == 0);
  sink.signal(SIGTERM);
  sink.wait();
  const auto found = order_in(record);
  const auto a = compare(record, {receipts});
  std::printf("order of users, partitions changed: seed %llu, %zu changes killed, %zu receipts, %zu lost, %zu "
              "duplicates, %zu out of order\n",
              static_cast<unsigned long long>(seed), killed, a.receipts, a.lost, found.duplicates, found.out_of_order);
  CHECK(a.receipts == count);
  CHECK(a.lost == 0);
  CHECK(found.out_of_order == 0);
  CHECK(q.status()["stored"] == count);
  CHECK(q.status()["delivered"] == count);
}

} // namespace

TEST_CASE("the events of a user arrive in their order out of a file, over kills and failures", "[e2e][kill][order]") {
  keep_order(command_queue{"", per_user});
}

TEST_CASE("the events of a user arrive in their order out of Redis, over kills and failures",
          "[e2e][kill][order][redis]") {
  redis_server redis;
  keep_order(command_queue{redis.url(), per_user});
}

TEST_CASE("the events of a user arrive in their order out of a queue that processes share, as they come and go",
          "[e2e][kill][order][redis]") {
  redis_server redis;
  auto how = per_user;
  how.insert(how.end(), {"--multi-processor", "--max-batch-events", "20"});
  keep_order_among_processes(command_queue{redis.url(), how});
}

TEST_CASE("the events of a user arrive in their order over killed changes of a file's partitions",
          "[e2e][kill][order]") {
  keep_order_over_changes(command_queue{});
}

TEST_CASE("the events of a user arrive in their order over killed changes of a queue's partitions in Redis",
          "[e2e][kill][order][redis]") {
  redis_server redis;
  keep_order_over_changes(command_queue{redis.url()});
}

TEST_CASE("sluice repartition says what it did, and what it cannot do", "[e2e][order]") {
  const command_queue q;
  const auto url = std::vector<std::string>{"--url", "http://127.0.0.1:9"};
  REQUIRE(q.call({"send", "-", "--enqueue"}, url, numbered_events("e", 100)).status == 0);
  auto refused = q.call({"repartition"}, {});
  CHECK(refused.status == 2);
  CHECK(refused.err.find("--partitions is required") != std::string::npos);
  refused = q.call({"repartition"}, {"--partitions", "257"});
  CHECK(refused.status == 2);
  CHECK(refused.err.find("--partitions: must be") != std::string::npos);
  refused = q.call({"repartition"}, {"--partitions", "1", "--ordering", "per_user"});
  CHECK(refused.status == 2);
  CHECK(refused.err.find("--partitions: must be above 1") != std::string::npos);
  auto runner = q.start({"run"}, url);
  REQUIRE(eventually([&] { return q.status()["owners"].size() == 1; }));
  refused = q.call({"repartition"}, {"--partitions", "4"});
  CHECK(refused.status == 2);
  CHECK(refused.err.find("process") != std::string::npos);
  runner.signal(SIGTERM);
  runner.wait();
  const auto changed = q.call({"repartition"}, {"--partitions", "4"});
  CHECK(changed.status == 0);
  CHECK(changed.out.find("the queue has 4 partitions, before 1: ") == 0);
  CHECK(q.call({"repartition"}, {"--partitions", "4"}).out == "the queue has 4 partitions; nothing had to change\n");
  CHECK(q.status()["stored"] == 100);
  const auto nowhere = run(
      {SLUICE_COMMAND_PATH, "repartition", "--partitions", "4", "--store", "sqlite:" + q.folder().path() + "/none"});
  CHECK(nowhere.status == 2);
  CHECK(nowhere.err.find("there is no such queue") != std::string::npos);
}

TEST_CASE("an order for each user needs partitions, and an order of everything has one", "[e2e][order]") {
  const command_queue q;
  auto refused = q.call({"run", "--url", "http://127.0.0.1:9"}, {"--ordering", "per_user"});
  CHECK(refused.status == 2);
  CHECK(refused.err.find("--partitions: must be above 1 with ordering = per_user") != std::string::npos);
  refused = q.call({"run", "--url", "http://127.0.0.1:9"}, {"--ordering", "strict", "--partitions", "4"});
  CHECK(refused.status == 2);
  CHECK(refused.err.find("--partitions: must be 1 with ordering = strict") != std::string::npos);
}

TEST_CASE("a queue is opened with the number of partitions that it was made with", "[e2e][order]") {
  const command_queue q;
  CHECK(q.call({"run", "--until-empty", "--url", "http://127.0.0.1:9"}, {"--partitions", "3"}).status == 0);
  const auto refused = q.call({"run", "--until-empty", "--url", "http://127.0.0.1:9"}, {"--partitions", "4"});
  CHECK(refused.status == 2);
  CHECK(refused.err.find("--partitions: must be 3, not 4") != std::string::npos);
  CHECK(q.status()["stored"] == 0); // which need not be told
}
