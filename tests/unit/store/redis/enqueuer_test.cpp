#include "unit/store/redis/queue_under_test.hpp"

#include "support/pipeline.hpp"

// A process that only enqueues, beside those that process the queue, or without any.

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

namespace {

std::unique_ptr<redis_store> enqueuer_of(redis_queue_under_test& q, const std::string& fingerprint = "test") {
  const auto before = std::exchange(q.o.queue.enqueue_only, true);
  auto made = q.process(0, fingerprint);
  q.o.queue.enqueue_only = before;
  return made;
}

// Of this process.
batch_ptr next_of(const store& s, int number) {
  return make(incarnation_of(s) + "-" + std::to_string(number));
}

std::string field(const redis_queue_under_test& q, const char* key, const std::string& name) {
  return q.server.command({"HGET", queue_name + key, name});
}

} // namespace

TEST_CASE("a process that enqueues takes neither the queue nor a lease from anybody", "[store][redis]") {
  redis_queue_under_test q;
  q.o.queue.is_multi_processor = GENERATE(false, true);
  CAPTURE(q.o.queue.is_multi_processor);
  auto owner = q.process();
  REQUIRE(put(*owner, {make("x"), make("y")}));
  const auto leased = claim(*owner, 2);
  REQUIRE(leased.size() == 2);
  auto other = enqueuer_of(q);
  REQUIRE(put(*other, {next_of(*other, 1)}));
  CHECK(owner->stats()->in_flight == 20);
  CHECK(owner->stats()->owners.size() == 1);
  other->leave();
  CHECK(owner->stats()->owners.size() == 1);
  unit_of_work w;
  for (const auto& b : leased)
    w.settlements.emplace_back(ack{lease_of(b)});
  w.slots = 8;
  const auto done = apply(*owner, w);
  REQUIRE(done);
  CHECK(done->settled == std::vector{settle_outcome::applied, settle_outcome::applied});
  CHECK(done->granted.size() == 1);
  CHECK(owner->stats()->delivered == 20);
  check_layout(q.server);
}

TEST_CASE("a process that enqueues can do nothing else with a queue in Redis", "[store][redis]") {
  redis_queue_under_test q;
  auto owner = q.process();
  REQUIRE(put(*owner, {make("x"), make("y")}));
  const auto leased = claim(*owner, 1);
  REQUIRE(settle_one(*owner, nack{lease_of(leased[0]), 20ms}));
  auto other = enqueuer_of(q);
  const auto due = std::chrono::steady_clock::now() + 100ms;
  REQUIRE(eventually([&] { return std::chrono::steady_clock::now() > due; }));
  unit_of_work w;
  w.fingerprint = "two";
  w.pause = true;
  w.health = delivery_health{.suspended = "no deliveries"};
  w.settlements = {ack{lease_of(leased[0])}, retain{}, extend{}};
  w.enqueues = {next_of(*other, 1)};
  w.slots = 8;
  w.look_for = {next_of(*other, 1)->id, next_of(*other, 2)->id};
  const auto done = apply(*other, w);
  REQUIRE(done);
  CHECK(done->settled == std::vector{settle_outcome::stale, settle_outcome::applied, settle_outcome::applied});
  CHECK(done->granted.empty());
  CHECK(!done->next_due);
  CHECK(done->found == std::vector<presence>{{.waiting = 10}, {}});
  const auto s = *owner->stats();
  CHECK(s.retry == 10);
  CHECK(s.ready == 20);
  CHECK(!s.paused);
  CHECK(q.server.command({"EXISTS", queue_name + ":health"}) == "0");
  CHECK(field(q, ":ctl", "fingerprint") == "test");
}

TEST_CASE("a process that enqueues makes the queue, for its destination alone, and an owner may come",
          "[store][redis]") {
  redis_queue_under_test q;
  auto other = enqueuer_of(q);
  REQUIRE(put(*other, {next_of(*other, 1)}));
  q.o.queue.adopt = GENERATE(false, true);
  CHECK(code_of(apply(*enqueuer_of(q, "another"))) == errc::other_destination);
  q.o.queue.adopt = false;
  q.o.queue.is_multi_processor = GENERATE(false, true);
  CHECK(code_of(apply(*q.process(0, "another"))) == errc::other_destination);
  auto owner = q.process();
  CHECK(claim(*owner, 8).size() == 1);
  // And it goes on beside the owner.
  REQUIRE(put(*other, {next_of(*other, 2)}));
  CHECK(claim(*owner, 8).size() == 1);
  check_layout(q.server);
}

TEST_CASE("a process that enqueues stores nothing in Redis once the owner has given the queue another destination",
          "[store][redis]") {
  redis_queue_under_test q;
  q.o.queue.is_multi_processor = GENERATE(false, true);
  auto owner = q.process();
  REQUIRE(apply(*owner));
  auto other = enqueuer_of(q);
  REQUIRE(put(*other, {next_of(*other, 1)}));
  const auto redirect_to = [&](const std::string& fingerprint) {
    unit_of_work w;
    w.fingerprint = fingerprint;
    REQUIRE(apply(*owner, std::move(w)));
  };
  redirect_to("two");
  const auto refused = put(*other, {next_of(*other, 2)});
  CHECK(code_of(refused) == errc::other_destination);
  CHECK(owner->stats()->stored == 10);
  CHECK(code_of(put(*other, {next_of(*other, 2)})) == errc::other_destination);
  redirect_to("test");
  REQUIRE(put(*other, {next_of(*other, 2)}));
  CHECK(claim(*owner, 8).size() == 2);
  CHECK(owner->stats()->stored == 20);
  check_layout(q.server);
}

TEST_CASE("a late unit of a process that enqueues, by a connection that was given up, stores nothing again",
          "[store][redis]") {
  redis_queue_under_test q;
  auto owner = q.process();
  REQUIRE(apply(*owner));
  auto other = enqueuer_of(q);
  const auto sent = next_of(*other, 1);
  REQUIRE(put(*other, {sent}));
  const auto leased = claim(*owner, 1);
  REQUIRE(settle_one(*owner, ack{lease_of(leased.at(0))}));
  // The same once more, as the unit with this number, before any was answered.
  const auto number = field(q, ":incarnations", incarnation_of(*other) + ":units");
  redis_connection late{redis_options{.unix_socket = q.server.socket()}};
  REQUIRE(late.open());
  const auto send = [&](const std::string& n) {
    REQUIRE(q.server.command({"SET", queue_name + ":b:" + sent->id, *sent->payload}) == "OK");
    const auto answer = late.run_one(redis_script::apply, redis_keys{q.o.queue},
                                     {"late:1:host",
                                      "test none 1",
                                      "enqueue",
                                      incarnation_of(*other),
                                      "0",
                                      "0",
                                      "60000",
                                      "3000",
                                      "0",
                                      "1000",
                                      "1000000",
                                      "",
                                      "",
                                      n,
                                      "0",
                                      "",
                                      "0",
                                      "0",
                                      "0",
                                      "0",
                                      "0",
                                      sent->id,
                                      "10",
                                      "100"},
                                     {sent->id});
    return answer.has_value();
  };
  CHECK(!send(number));
  CHECK(owner->stats()->stored == 10);
  CHECK(send(std::to_string(std::stoi(number) + 1))); // by this the test shows that it sends what it means to
  CHECK(owner->stats()->stored == 20);
}

TEST_CASE("nothing is kept of a process that enqueues, neither of its batches' ends nor once it has left",
          "[store][redis]") {
  redis_queue_under_test q;
  q.o.queue.is_multi_processor = true;
  auto owner = q.process();
  REQUIRE(apply(*owner));
  auto other = enqueuer_of(q);
  for (int i = 1; i <= 5; ++i)
    REQUIRE(put(*other, {next_of(*other, i)}));
  for (const auto& b : claim(*owner, 5))
    REQUIRE(settle_one(*owner, ack{lease_of(b)}));
  CHECK(owner->stats()->delivered == 50);
  CHECK(q.server.command({"EXISTS", queue_name + ":elsewhere"}) == "0");
  CHECK(q.server.command({"HLEN", queue_name + ":sessions"}) == "1");
  CHECK(field(q, ":incarnations", incarnation_of(*other) + ":units") != "(nil)");
  other->leave();
  CHECK(field(q, ":incarnations", incarnation_of(*other) + ":units") == "(nil)");
  CHECK(q.server.command({"ZSCORE", queue_name + ":seen", incarnation_of(*other)}) == "(nil)");
  CHECK(q.server.command({"HLEN", queue_name + ":sessions"}) == "1");
}

TEST_CASE("a process that enqueues notices that Redis went back, and goes on", "[store][redis]") {
  redis_queue_under_test q;
  auto other = enqueuer_of(q);
  REQUIRE(put(*other, {next_of(*other, 1)}));
  q.server.command({"FLUSHALL"});
  CHECK(signal_of(put(*other, {next_of(*other, 2)})) == store_signal::went_back);
  REQUIRE(put(*other, {next_of(*other, 2)}));
  CHECK(other->stats()->stored == 10);
}

TEST_CASE("a full Redis takes nothing from a process that enqueues, until it has room", "[store][redis]") {
  redis_queue_under_test q{{"--maxmemory-policy", "noeviction"}};
  auto other = enqueuer_of(q);
  REQUIRE(put(*other, {next_of(*other, 1)}));
  q.server.command({"CONFIG", "SET", "maxmemory", "1"});
  const auto full = put(*other, {next_of(*other, 2)});
  REQUIRE(full);
  CHECK(full->enqueued == std::vector{enqueue_outcome::backlog_full});
  REQUIRE(apply(*other));
  q.server.command({"CONFIG", "SET", "maxmemory", "0"});
  const auto done = put(*other, {next_of(*other, 2)});
  REQUIRE(done);
  CHECK(done->enqueued == std::vector{enqueue_outcome::stored});
  CHECK(other->stats()->stored == 20);
}
