#include "support/catch.hpp"

#include <array>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <random>

#include "support/command_queue.hpp"
#include "support/pipeline.hpp"
#include "support/redis_cluster.hpp"
#include "support/redis_sentinels.hpp"
#include "support/redis_server.hpp"

// Real processes, killed at a random moment. SLUICE_KILL_ROUNDS and SLUICE_SEED set how often, and repeat a run.

using namespace sluice::test;

namespace {

constexpr int events_of_round = 20'000;
// What may be in flight when a process is killed: max_in_flight batches of max_batch_events, and those that are
// delivered and whose acknowledgements wait to be stored with something else.
constexpr std::size_t in_flight = (8 + 16) * 500;

struct kill_run {
  kill_run(const char* what, std::uint64_t otherwise) : what_{what}, rounds{setting("SLUICE_KILL_ROUNDS", otherwise)} {}
  ~kill_run() {
    std::printf("%s: seed %llu, %llu rounds, %zu receipts, %zu lost, %zu duplicates\n", what_,
                static_cast<unsigned long long>(seed), static_cast<unsigned long long>(rounds), total.receipts,
                total.lost, total.duplicates);
  }
  // As a number of bytes of receipts, of 8 or more for each event: every stage of a run is hit, its start included.
  std::size_t moment() { return std::uniform_int_distribution<std::size_t>{0, 8 * events_of_round * 3 / 4}(random); }

  void count(const arrivals& a, std::size_t most_duplicates) {
    CHECK(a.lost == 0);
    CHECK(a.duplicates <= most_duplicates);
    total.receipts += a.receipts;
    total.lost += a.lost;
    total.duplicates += a.duplicates;
  }

  const char* what_;
  const std::uint64_t rounds;
  const std::uint64_t seed = setting("SLUICE_SEED", std::random_device{}());
  std::mt19937_64 random{seed};
  arrivals total;
};

// A sink that fails one request in ten, and makes the sender split one batch in twenty.
struct flaky_sink {
  explicit flaky_sink(const temporary_folder& folder)
      : record{folder.path() + "/record"},
        server{{SLUICE_COMMAND_PATH, "sink", "--port", "0", "--record", record, "--script",
                folder.write("faults", R"({"faults":[{"rate":0.1,"status":503},{"rate":0.05,"status":400}]})"),
                "--seed", std::to_string(std::random_device{}())}},
        url{server.wait_for_line("listening on ")} {}
  void end() {
    server.signal(SIGTERM);
    server.wait();
  }
  std::string record;
  process server;
  std::string url;
};

// Waits until a file has so many bytes, as long as it grows.
bool file_grows_to(const std::string& file, std::size_t bytes) {
  return grows_to(bytes, [&] {
    std::error_code none;
    const auto size = std::filesystem::file_size(file, none);
    return none ? 0 : static_cast<std::size_t>(size);
  });
}

// Looks without a pause, 30 s at most.
bool eventually_at_once(const std::function<bool()>& is_true) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{30};
  while (std::chrono::steady_clock::now() < deadline)
    if (is_true())
      return true;
  return false;
}

// Sends, is killed, and what was left is delivered by another process.
void one_round(kill_run& r, const command_queue& q, std::uint64_t round) {
  const auto input = q.folder().write("events", numbered_events(std::to_string(round), events_of_round));
  const auto receipts = q.folder().path() + "/receipts";
  flaky_sink sink{q.folder()};
  auto sender = q.start({"send", input, "--url", sink.url}, {"--receipts", receipts, "--flush-at", "100"});
  const auto moment = r.moment();
  REQUIRE(file_grows_to(receipts, moment));
  sender.signal(SIGKILL);
  sender.wait();
  q.status();
  const auto done = q.call({"run", "--until-empty", "--json", "--url", sink.url});
  INFO(done.err);
  CHECK(done.status == 0);
  const auto s = q.status();
  CHECK(s["stored"] == s["delivered"]);
  sink.end();
  r.count(compare(sink.record, {receipts}), in_flight);
}

} // namespace

TEST_CASE("kill -9 of a sender loses nothing that was stored in SQLite", "[e2e][kill]") {
  kill_run r{"kill, SQLite", 3};
  for (std::uint64_t round = 0; round < r.rounds; ++round) {
    INFO("seed " << r.seed << ", round " << round);
    one_round(r, command_queue{}, round);
  }
}

TEST_CASE("kill -9 while a queue's file is made leaves a queue or nothing", "[e2e][kill]") {
  kill_run r{"kill, creation of a file", 10};
  std::uniform_int_distribution<int> microseconds{0, 50'000};
  for (std::uint64_t round = 0; round < r.rounds; ++round) {
    INFO("seed " << r.seed << ", round " << round);
    const command_queue q;
    auto first = q.start({"run", "--url", "http://127.0.0.1:9"});
    const auto file = q.folder().path() + "/queue.db";
    REQUIRE(eventually_at_once([&] { return std::filesystem::exists(file + ".lock"); }));
    const auto moment = std::chrono::steady_clock::now() + std::chrono::microseconds{microseconds(r.random)};
    REQUIRE(eventually_at_once([&] { return std::chrono::steady_clock::now() >= moment; }));
    first.signal(SIGKILL);
    first.wait();
    const auto second = q.call({"run", "--until-empty", "--url", "http://127.0.0.1:9"});
    INFO(second.err);
    CHECK(second.status == 0);
    CHECK(q.status()["stored"] == 0);
  }
}

TEST_CASE("kill -9 of a sender loses nothing that was stored in Redis", "[e2e][kill][redis]") {
  kill_run r{"kill, Redis", 1};
  for (std::uint64_t round = 0; round < r.rounds; ++round) {
    INFO("seed " << r.seed << ", round " << round);
    redis_server redis;
    one_round(r, command_queue{redis.url()}, round);
    CHECK(redis.command({"HLEN", "{hightouch:hightouchEventsQueue}:m"}) == "0");
  }
}

TEST_CASE("kill -9 of one or both of two processes loses nothing that was stored in Redis", "[e2e][kill][redis]") {
  kill_run r{"kill, Redis shared by two processes", 1};
  for (std::uint64_t round = 0; round < r.rounds; ++round) {
    INFO("seed " << r.seed << ", round " << round);
    redis_server redis;
    const command_queue q{redis.url(), {"--multi-processor"}};
    flaky_sink sink{q.folder()};
    const auto start = [&](const std::string& name) {
      const auto input = q.folder().write("events-" + name, numbered_events(name, events_of_round / 2));
      return q.start({"send", input, "--url", sink.url},
                     {"--receipts", q.folder().path() + "/receipts-" + name, "--flush-at", "100"});
    };
    auto first = start("a"), second = start("b");
    const auto moment = r.moment() / 2;
    REQUIRE(file_grows_to(q.folder().path() + "/receipts-a", moment));
    first.signal(SIGKILL);
    first.wait();
    const bool both = r.random() % 2 == 0;
    if (both)
      second.signal(SIGKILL);
    const auto other = second.wait();
    INFO(other.err);
    CHECK(both == (other.status != 0));
    const auto done = q.call({"run", "--until-empty", "--json", "--url", sink.url});
    INFO(done.err);
    CHECK(done.status == 0);
    const auto s = q.status();
    CHECK(s["stored"] == s["delivered"]);
    sink.end();
    r.count(compare(sink.record, {q.folder().path() + "/receipts-a", q.folder().path() + "/receipts-b"}),
            (both ? 2 : 1) * in_flight);
  }
}

TEST_CASE("kill -9 of redis-server loses nothing that was stored in it", "[e2e][kill][redis]") {
  kill_run r{"kill of redis-server", 2};
  for (std::uint64_t round = 0; round < r.rounds; ++round) {
    INFO("seed " << r.seed << ", round " << round);
    redis_server redis{{"--appendonly", "yes", "--appendfsync", "always"}};
    const command_queue q{redis.url()};
    flaky_sink sink{q.folder()};
    const auto input = q.folder().write("events", numbered_events(std::to_string(round), events_of_round));
    const auto receipts = q.folder().path() + "/receipts";
    auto sender = q.start({"send", input, "--url", sink.url}, {"--receipts", receipts, "--flush-at", "100", "--json"});
    const auto moment = r.moment();
    REQUIRE(file_grows_to(receipts, moment));
    redis.kill();
    redis.start();
    const auto done = sender.wait();
    INFO(done.out << done.err);
    CHECK(done.status == 0);
    const auto ledger = last_json(done.out);
    CHECK(ledger["read"] == events_of_round);
    CHECK(ledger["delivered"] == events_of_round);
    const auto s = q.status();
    CHECK(s["stored"] == s["delivered"]);
    sink.end();
    const auto a = compare(sink.record, {receipts});
    CHECK(a.receipts == events_of_round);
    r.count(a, in_flight);
  }
}

namespace {

// A master with two replicas, and three Sentinels. `Lags`: what a master stores before it is killed has not arrived
// there.
template <bool Lags>
class replicated_redis {
public:
  replicated_redis() {
    for (std::size_t i = 1; i < servers_.size(); ++i)
      servers_[i]->command({"REPLICAOF", "127.0.0.1", std::to_string(servers_[0]->port())});
    REQUIRE(eventually([&] { return sentinels_.are_ready(2) && has_replicas(); }));
  }

  std::string url() const { return "redis+sentinel://" + sentinels_.nodes() + "/mymaster"; }
  redis_server& master() {
    const auto port = sentinels_.master();
    return **std::find_if(servers_.begin(), servers_.end(), [&](const auto& s) { return s->port() == port; });
  }
  void disturb() {
    if (!Lags)
      return;
    for (const auto& s : servers_) // the master has no password
      s->command({"CONFIG", "SET", "masterauth", "refused"});
    master().command({"CLIENT", "KILL", "TYPE", "replica"});
  }
  void recover() {
    for (const auto& s : servers_)
      if (Lags && s->running())
        s->command({"CONFIG", "SET", "masterauth", ""});
  }
  // Another server is the master now.
  bool has_moved_from(const redis_server& old) const { return sentinels_.master() != old.port(); }
  // The present master has both others again.
  bool has_replicas() const {
    const auto info = redis_command(sentinels_.master(), {"INFO", "replication"});
    return info.find("role:master") != std::string::npos && info.find("connected_slaves:2") != std::string::npos &&
           info.find("state=wait_bgsave") == std::string::npos && info.find("state=send_bulk") == std::string::npos;
  }

private:
  std::array<std::unique_ptr<redis_server>, 3> servers_{
      std::make_unique<redis_server>(), std::make_unique<redis_server>(), std::make_unique<redis_server>()};
  redis_sentinels sentinels_{servers_[0]->port(), 3};
};

// Three masters of a cluster, each with two replicas.
class clustered_redis {
public:
  std::string url() const { return "redis+cluster://" + cluster_.nodes(); }
  redis_server& master() {
    auto* const s = cluster_.serving(key);
    REQUIRE(s);
    return *s;
  }
  // The queue moves to another master.
  void disturb() {
    auto& from = master();
    std::size_t to = 0;
    while (&cluster_.server(to) == &from || !is_master(cluster_.server(to)))
      ++to;
    cluster_.move(from.command({"CLUSTER", "KEYSLOT", key}), from, cluster_.server(to));
  }
  void recover() {}
  bool has_moved_from(const redis_server& old) {
    const auto* s = cluster_.serving(key);
    return s && s != &old;
  }
  bool has_replicas() {
    return master().command({"INFO", "replication"}).find("connected_slaves:2") != std::string::npos;
  }

private:
  static bool is_master(const redis_server& s) {
    return s.command({"INFO", "replication"}).find("role:master") != std::string::npos;
  }

  const std::string key = "{hightouch:hightouchEventsQueue}:ctl";
  redis_cluster cluster_{3, 2};
};

// Sends, loses the master, and goes on with another one.
template <class Redis>
void kill_masters(kill_run& r, int wait_replicas) {
  Redis redis;
  constexpr const char* forgotten = "the store has forgotten";
  std::chrono::milliseconds longest{0};
  std::size_t lost = 0;
  for (std::uint64_t round = 0; round < r.rounds; ++round) {
    INFO("seed " << r.seed << ", round " << round);
    const command_queue q{redis.url(), {"--wait-replicas", std::to_string(wait_replicas)}};
    const bool loses = wait_replicas == 0;
    flaky_sink sink{q.folder()};
    const auto input = q.folder().write("events", numbered_events(std::to_string(round), events_of_round));
    const auto receipts = q.folder().path() + "/receipts";
    auto sender = q.start({"send", input, "--url", sink.url}, {"--receipts", receipts, "--flush-at", "100", "--json"});
    const auto moment = r.moment() / (loses ? 4 : 1);
    REQUIRE(file_grows_to(receipts, moment));
    // Only what waits in Redis alone is lost with it: so nothing is delivered until the master is killed.
    if (loses)
      CHECK(q.call({"pause"}).status == 0);
    redis.disturb();
    const auto more = [&] {
      return std::min<std::size_t>(std::filesystem::file_size(receipts) + 8 * 2'000,
                                   7 * events_of_round); // all have more
    };
    REQUIRE(file_grows_to(receipts, more()));
    auto& old = redis.master();
    const auto killed = std::chrono::steady_clock::now();
    old.kill();
    redis.recover();
    REQUIRE(eventually([&] { return redis.has_moved_from(old); }));
    if (loses)
      CHECK(q.call({"resume"}).status == 0);
    REQUIRE(file_grows_to(receipts, more()));
    const auto resumed = std::chrono::steady_clock::now() - killed;
    longest = std::max(longest, std::chrono::duration_cast<std::chrono::milliseconds>(resumed));
    const auto done = sender.wait();
    INFO(done.out << done.err);
    const auto ledger = last_json(done.out);
    const auto number = [&](const char* name) { return ledger[name].get<std::size_t>(); };
    CHECK(number("read") == events_of_round);
    // What the new master had forgotten to be delivered is delivered again, or left to a later run.
    CHECK(number("delivered") + number("lost") + number("waiting") == events_of_round + number("recovered"));
    sink.end();
    const auto a = compare(sink.record, {receipts});
    // What a second failover brings back was counted as lost by the first, and is counted as recovered, too.
    const auto is_said = done.err.find(forgotten);
    const bool twice = is_said != std::string::npos && done.err.find(forgotten, is_said + 1) != std::string::npos;
    CHECK(a.lost <= number("lost"));
    CHECK((twice || a.lost == number("lost")));
    lost += number("lost");
    if (loses) {
      CHECK(number("lost") > 0); // else the round has shown nothing
    } else {
      CHECK(done.status == 0);
      CHECK(a.receipts == events_of_round);
      CHECK(number("lost") == 0);
    }
    r.total.receipts += a.receipts;
    r.total.lost += a.lost;
    r.total.duplicates += a.duplicates;
    if (round + 1 == r.rounds)
      break;
    old.start();
    REQUIRE(eventually([&] { return redis.has_replicas(); }));
    redis.master().command({"FLUSHALL"}); // the next sink is another destination
  }
  std::printf("resumed after %lld ms at most, %zu lost by the ledger\n", static_cast<long long>(longest.count()), lost);
}

} // namespace

TEST_CASE("kill -9 of a master loses nothing that a replica had", "[e2e][kill][redis][sentinel]") {
  kill_run r{"kill of a master, one replica waited for", 1};
  kill_masters<replicated_redis<false>>(r, 1);
}

TEST_CASE("what kill -9 of a master loses that no replica had is in the ledger", "[e2e][kill][redis][sentinel]") {
  kill_run r{"kill of a master, no replica waited for", 1};
  kill_masters<replicated_redis<true>>(r, 0);
}

TEST_CASE("a move to another node of a cluster and kill -9 of that lose nothing that a replica had",
          "[e2e][kill][redis][cluster]") {
  kill_run r{"kill of a node of a cluster, one replica waited for", 1};
  kill_masters<clustered_redis>(r, 1);
}
