#include "unit/store/redis/queue_under_test.hpp"

#include "support/fault_proxy.hpp"
#include "support/pipeline.hpp"

// A Redis that is as it was earlier is noticed, whatever made it so; one that has forgotten nothing is not suspected.

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

namespace {

std::string run_id(const redis_server& server) {
  const auto text = server.command({"INFO", "server"});
  const auto at = text.find("\nrun_id:");
  REQUIRE(at != std::string::npos);
  return text.substr(at + 8, 40);
}

// Whether it has loaded everything that its master had.
bool follows(const redis_server& replica) {
  return replica.command({"INFO", "replication"}).find("master_link_status:up") != std::string::npos;
}

// Redis went back in time: said once, then the units go on.
void check_went_back(store& to) {
  work_result said = error{};
  REQUIRE(eventually([&] {
    said = apply(to);
    return said.has_value() || signal_of(said) == store_signal::went_back;
  }));
  REQUIRE(code_of(said) == errc::store_failed);
  CHECK(said.error().field == "persistence");
  CHECK(said.error().message.find("went back in time") != std::string::npos);
  for (int i = 0; i < 3; ++i)
    CHECK(apply(to));
}

} // namespace

TEST_CASE("a queue that was emptied is noticed by a process that is alone on it, once for each time",
          "[store][redis]") {
  for (const bool shared : {false, true}) {
    redis_queue_under_test q;
    q.o.queue.is_multi_processor = shared;
    auto a = q.process();
    REQUIRE(put(*a, {make("x")}));
    const auto leased = claim(*a, 1);
    for (int again = 0; again < 2; ++again) {
      REQUIRE(q.server.command({"FLUSHALL"}) == "OK");
      check_went_back(*a);
    }
    unit_of_work w;
    w.enqueues = {leased[0].content};
    w.restores = true;
    CHECK(apply(*a, w)->enqueued == std::vector{enqueue_outcome::stored});
    CHECK(claim(*a, 1).size() == 1);
    check_layout(q.server);
  }
}

TEST_CASE("every process of a shared queue notices that it was emptied", "[store][redis]") {
  redis_queue_under_test q;
  q.o.queue.is_multi_processor = true;
  auto a = q.process(), b = q.process();
  REQUIRE(apply(*a));
  REQUIRE(apply(*b));
  auto c = q.process(); // it has had no answer yet, so that it misses nothing
  REQUIRE(q.server.command({"FLUSHALL"}) == "OK");
  check_went_back(*a);
  CHECK(apply(*c));
  check_went_back(*b);
  CHECK(apply(*a));
}

TEST_CASE("that a queue was emptied is said again when the answer got lost, and nothing is applied before",
          "[store][redis]") {
  redis_queue_under_test q;
  fault_proxy proxy{q.server.port()};
  auto a = q.process(proxy.port());
  REQUIRE(put(*a, {make("x")}));
  REQUIRE(q.server.command({"FLUSHALL"}) == "OK");
  q.server.command({"CLIENT", "KILL", "TYPE", "normal"});
  REQUIRE(eventually([&] { return a->stats().has_value(); })); // its next session
  proxy.cut_after_request();
  const auto lost = put(*a, {make("y")});
  CHECK(code_of(lost) == errc::store_failed);
  CHECK(signal_of(lost) == store_signal::none);
  CHECK(signal_of(put(*a, {make("y")}, 1)) == store_signal::went_back);
  CHECK(q.server.command({"EXISTS", queue_name + ":m"}) == "0");
  const auto done = put(*a, {make("y")}, 1);
  REQUIRE(done);
  CHECK(done->granted.size() == 1);
  check_layout(q.server);
}

TEST_CASE("nothing of a unit of work is applied to a queue that is as it was earlier", "[store][redis]") {
  redis_queue_under_test q;
  auto a = q.process();
  REQUIRE(put(*a, {make("x"), make("y"), make("z")}));
  const auto leased = claim(*a, 2);
  const auto half = [](const char* id) {
    return std::make_shared<const batch>(
        batch{.id = id, .events = 5, .payload = std::make_shared<const std::string>("p")});
  };
  REQUIRE(q.server.command({"HSET", queue_name + ":incarnations", incarnation_of(*a) + ":units", "0"}) == "0");
  unit_of_work w;
  w.settlements = {ack{lease_of(leased[0])}, split{lease_of(leased[1]), half("y.0"), half("y.1")}, retain{}};
  w.slots = 1;
  CHECK(signal_of(apply(*a, w)) == store_signal::went_back);
  const auto stats = a->stats();
  REQUIRE(stats);
  CHECK(stats->delivered == 0);
  CHECK(stats->in_flight == 20);
  CHECK(stats->ready == 10);
  CHECK(apply(*a, w)->settled ==
        std::vector{settle_outcome::applied, settle_outcome::applied, settle_outcome::applied});
}

TEST_CASE("a Redis that starts from an earlier snapshot has gone back in time", "[store][redis]") {
  redis_queue_under_test q;
  auto a = q.process();
  REQUIRE(put(*a, {make("x"), make("y")}));
  const auto leased = claim(*a, 2);
  REQUIRE(q.server.command({"SAVE"}) == "OK");
  SECTION("which knows less") {
    REQUIRE(settle_one(*a, ack{lease_of(leased[0])}));
  }
  SECTION("which knows as much, but for the number") {
    REQUIRE(apply(*a));
  }
  q.server.kill();
  q.server.start();
  check_went_back(*a);
  CHECK(a->stats()->in_flight == 20);
}

TEST_CASE("a master that is demoted, follows one that had lagged, and is promoted again has gone back in time",
          "[store][redis]") {
  redis_queue_under_test q;
  q.o.queue.owner_ttl = 1h;
  redis_server replica{{"--replicaof", "127.0.0.1", std::to_string(q.server.port())}};
  q.o.redis.wait_replicas = 1;
  auto a = q.process();
  REQUIRE(eventually([&] { return put(*a, {make("x")}).has_value(); })); // the replica follows by then
  // What comes now it does not hear.
  REQUIRE(replica.command({"REPLICAOF", "NO", "ONE"}) == "OK");
  q.o.redis.wait_replicas = 0;
  const auto leased = claim(*a, 1);
  REQUIRE(leased.size() == 1);
  const auto before = run_id(q.server);
  REQUIRE(q.server.command({"REPLICAOF", "127.0.0.1", std::to_string(replica.port())}) == "OK");
  REQUIRE(eventually([&] { return follows(q.server); }));
  REQUIRE(q.server.command({"REPLICAOF", "NO", "ONE"}) == "OK");
  REQUIRE(run_id(q.server) == before);
  check_went_back(*a);
  CHECK(a->stats()->ready == 10); // nobody has leased it, as far as it knows
}

TEST_CASE("a replica that is promoted has gone back in time if it had lagged, and else not", "[store][redis]") {
  for (const bool lagged : {false, true}) {
    redis_queue_under_test q;
    q.o.queue.owner_ttl = 1h;
    redis_server replica{{"--replicaof", "127.0.0.1", std::to_string(q.server.port())}};
    q.o.redis.wait_replicas = 1;
    auto a = q.process();
    REQUIRE(eventually([&] { return put(*a, {make("x")}).has_value(); }));
    REQUIRE(replica.command({"REPLICAOF", "NO", "ONE"}) == "OK");
    if (lagged)
      REQUIRE(claim(*a, 1).size() == 1);
    const auto port = std::to_string(q.server.port());
    q.server.kill();
    REQUIRE(eventually([&] { return replica.command({"CONFIG", "SET", "port", port}) == "OK"; })); // since Redis 7
    if (lagged)
      check_went_back(*a);
    else
      REQUIRE(eventually([&] {
        const auto done = apply(*a);
        CHECK(signal_of(done) == store_signal::none);
        return done.has_value();
      }));
  }
}

TEST_CASE("a connection, and a Redis, that come back with everything have not gone back in time", "[store][redis]") {
  for (const bool shared : {false, true}) {
    redis_queue_under_test q{{"--appendonly", "yes", "--appendfsync", "always"}};
    q.o.queue.is_multi_processor = shared;
    q.o.queue.owner_ttl = 1h;
    auto a = q.process();
    REQUIRE(put(*a, {make("x")}));
    const auto leased = claim(*a, 1);
    const auto goes_on = [&] {
      const auto done = apply(*a);
      CHECK(signal_of(done) == store_signal::none);
      return done.has_value();
    };
    REQUIRE(q.server.command({"CLIENT", "KILL", "TYPE", "normal"}) != "0");
    REQUIRE(eventually(goes_on));
    q.server.kill();
    CHECK(!goes_on());
    q.server.start();
    REQUIRE(eventually(goes_on));
    q.server.stop();
    q.server.start();
    REQUIRE(eventually(goes_on));
    CHECK(settle_one(*a, ack{lease_of(leased[0])})->settled[0] == settle_outcome::applied);
    check_layout(q.server);
  }
}

TEST_CASE("a unit whose answer got lost, and that was applied or not, is no sign of an earlier time",
          "[store][redis]") {
  redis_queue_under_test q;
  fault_proxy proxy{q.server.port()};
  auto a = q.process(proxy.port());
  REQUIRE(put(*a, {make("x")}));
  for (int i = 0; i < 4; ++i) {
    if (i % 2 == 0)
      proxy.cut_after_request();
    else
      proxy.cut_before_request();
    CHECK(code_of(apply(*a)) == errc::store_failed);
    REQUIRE(eventually([&] {
      const auto done = apply(*a);
      CHECK(signal_of(done) == store_signal::none);
      return done.has_value();
    }));
  }
}

TEST_CASE("an owner that finds its predecessor again, because Redis went back in time, waits for it to be gone",
          "[store][redis]") {
  redis_queue_under_test q;
  q.o.queue.owner_ttl = 30s;
  auto first = q.process();
  REQUIRE(put(*first, {make("x")}));
  REQUIRE(claim(*first, 1).size() == 1);
  REQUIRE(q.server.command({"SAVE"}) == "OK");
  first->leave();
  auto second = q.process();
  REQUIRE(claim(*second, 1).size() == 1);
  q.server.kill();
  q.server.start();
  work_result met = error{};
  REQUIRE(eventually([&] {
    met = apply(*second);
    return met.has_value() || signal_of(met) == store_signal::watched || code_of(met) == errc::queue_taken;
  }));
  CHECK(code_of(met) == errc::store_failed);
  CHECK(signal_of(met) == store_signal::watched);
  q.expire_owner();
  check_went_back(*second);
  CHECK(second->stats()->ready == 10);
  SECTION("but not for one that came later") {
    q.expire_owner();
    auto third = q.process();
    REQUIRE(apply(*third));
    CHECK(code_of(apply(*second)) == errc::queue_taken);
  }
}
