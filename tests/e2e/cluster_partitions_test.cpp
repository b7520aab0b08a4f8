#include "support/catch.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <map>
#include <set>
#include <sstream>

#include "core/persistence/partition.hpp"
#include "support/command_queue.hpp"
#include "support/pipeline.hpp"
#include "support/redis_cluster.hpp"

// A queue in 16 partitions on three masters of a cluster, each with two replicas, while slots move and a master is
// killed. SLUICE_CLUSTER_SLOTS and SLUICE_CLUSTER_EVENTS set how much.

using namespace sluice::test;

namespace {

constexpr std::size_t parts = 16;

std::string ctl_of(std::size_t partition) {
  return "{hightouch:hightouchEventsQueue" + (partition == 0 ? "" : ":" + std::to_string(partition)) + "}:ctl";
}

struct arrival {
  std::size_t partition = 0;
  std::int64_t ms = 0;
};

std::vector<arrival> arrivals_in(const std::string& record) {
  std::vector<arrival> all;
  for (const auto& line : lines_of(read_file(record))) {
    std::istringstream words{line};
    std::string id, batch;
    arrival a;
    words >> id >> batch >> a.ms;
    a.partition = sluice::partition_of(batch, parts);
    all.push_back(a);
  }
  return all;
}

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// The partitions whose slots a server has.
std::set<std::size_t> partitions_on(redis_cluster& cluster, const redis_server& s) {
  std::set<std::size_t> all;
  for (std::size_t p = 0; p < parts; ++p)
    if (cluster.serving(ctl_of(p)) == &s)
      all.insert(p);
  return all;
}

// Moves slots of the first master to the second: those of its partitions, and so many in all.
void move_slots(redis_cluster& cluster, std::size_t count) {
  auto &from = cluster.server(0), &to = cluster.server(1);
  std::vector<std::string> slots;
  for (const auto p : partitions_on(cluster, from))
    slots.push_back(from.command({"CLUSTER", "KEYSLOT", ctl_of(p)}));
  for (std::size_t next = 0; slots.size() < count; ++next)
    if (const auto slot = std::to_string(next); std::find(slots.begin(), slots.end(), slot) == slots.end())
      slots.push_back(slot); // the first master's begin with 0
  slots.resize(count);
  for (std::size_t i = 0; i + 1 < slots.size(); ++i)
    cluster.hand_over(slots[i], from, to);
  cluster.move(slots.back(), from, to);
}

} // namespace

TEST_CASE("a node of a cluster that is killed holds up its own partitions only, and nothing is lost",
          "[e2e][kill][redis][cluster][partitions]") {
  redis_cluster cluster{3, 2};
  const auto count = setting("SLUICE_CLUSTER_EVENTS", 30'000);
  const command_queue q{"redis+cluster://" + cluster.nodes(),
                        {"--partitions", std::to_string(parts), "--wait-replicas", "1"}};
  const auto record = q.folder().path() + "/record", receipts = q.folder().path() + "/receipts";
  process sink{{SLUICE_COMMAND_PATH, "sink", "--port", "0", "--record", record, "--latency", "30ms"}};
  const auto url = sink.wait_for_line("listening on ");
  const auto input = q.folder().write("events", numbered_events("e", static_cast<int>(count)));
  auto sender = q.start({"send", input, "--url", url},
                        {"--receipts", receipts, "--flush-at", "10", "--max-batch-events", "10", "--json"});
  REQUIRE(grows_to(1'001, [&] { return arrivals_in(record).size(); }));
  move_slots(cluster, setting("SLUICE_CLUSTER_SLOTS", 8));

  auto& dead = cluster.server(2);
  const auto held_up = partitions_on(cluster, dead);
  REQUIRE(!held_up.empty());
  REQUIRE(held_up.size() < parts);
  // Its replicas wait until every other partition has gone on without it.
  cluster.allow_failover(false);
  const auto killed = now_ms();
  dead.kill();
  REQUIRE(eventually([&] {
    std::set<std::size_t> went_on = held_up;
    for (const auto& a : arrivals_in(record))
      if (a.ms > killed)
        went_on.insert(a.partition);
    return went_on.size() == parts;
  }));
  cluster.allow_failover(true);
  REQUIRE(eventually([&] { return cluster.serving(ctl_of(*held_up.begin())) != nullptr; }));
  const auto replaced = now_ms();

  const auto done = sender.wait();
  INFO(done.out << done.err);
  CHECK(done.status == 0);
  const auto ledger = last_json(done.out);
  CHECK(ledger["read"] == count);
  CHECK(ledger["delivered"] == count);
  CHECK(ledger["lost"] == 0);
  const auto s = q.status();
  CHECK(s["stored"] == count);
  CHECK(s["delivered"] == count);
  sink.signal(SIGTERM);
  sink.wait();
  const auto a = compare(record, {receipts});
  CHECK(a.receipts == count);
  CHECK(a.lost == 0);

  std::map<std::size_t, std::int64_t> last;
  std::int64_t longest_gap = 0, resumed = 0;
  for (const auto& x : arrivals_in(record)) {
    const bool is_held_up = held_up.contains(x.partition);
    if (is_held_up && resumed == 0 && x.ms > replaced)
      resumed = x.ms - killed;
    auto& before = last.try_emplace(x.partition, x.ms).first->second;
    if (!is_held_up && x.ms > killed && before < replaced)
      longest_gap = std::max(longest_gap, x.ms - before);
    before = x.ms;
  }
  std::printf(
      "node killed: %zu receipts, %zu lost, %zu duplicates; replaced after %lld ms, its %zu partitions went on after "
      "%lld ms; longest gap of another one %lld ms\n",
      a.receipts, a.lost, a.duplicates, static_cast<long long>(replaced - killed), held_up.size(),
      static_cast<long long>(resumed), static_cast<long long>(longest_gap));
}
