#include "unit/store/redis/queue_under_test.hpp"

#include "support/fault_proxy.hpp"
#include "support/pipeline.hpp"

// Who may process a queue in Redis: one process, or many, and what becomes of those that are late.

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

TEST_CASE("a second process of a queue for one is refused when the first gives a sign of life", "[store][redis]") {
  redis_queue_under_test q;
  auto first = q.process(), second = q.process();
  REQUIRE(put(*first, {make("x")}));
  const auto meanwhile = apply(*second);
  CHECK(code_of(meanwhile) == errc::store_failed);
  CHECK(signal_of(meanwhile) == store_signal::watched);
  store_error why;
  REQUIRE(eventually([&] {
    REQUIRE(apply(*first));
    const auto r = apply(*second);
    why = r ? store_error{} : r.error();
    return why.signal != store_signal::watched;
  }));
  CHECK(why.code == errc::queue_taken);
  CHECK(why.field == "queue.name");
  CHECK(why.message.find("hightouchEventsQueue") != std::string::npos);
  CHECK(why.message.find("queue.is_multi_processor") != std::string::npos);
  CHECK(first->stats()->ready == 10);
}

TEST_CASE("a successor takes over by itself, with what was in flight in its place and its crash counted",
          "[store][redis]") {
  redis_queue_under_test q;
  auto first = q.process();
  REQUIRE(put(*first, {make("x"), make("y")}));
  const auto old = claim(*first, 1);
  auto second = q.process();
  REQUIRE(eventually([&] { return apply(*second).has_value(); }));
  CHECK(second->stats()->in_flight == 0);
  const auto again = claim(*second, 2);
  REQUIRE(again.size() == 2);
  CHECK(again[0].content->id == "x");
  CHECK(again[0].attempts == 0);
  // The first was only slow: it can change nothing any more.
  CHECK(code_of(settle_one(*first, ack{lease_of(old[0])})) == errc::queue_taken);
  CHECK(code_of(put(*first, {make("z")})) == errc::queue_taken);
  CHECK(second->stats()->in_flight == 20);
  CHECK(second->stats()->stored == 20);
}

TEST_CASE("an owner whose key has expired unseen goes on with its leases", "[store][redis]") {
  redis_queue_under_test q;
  auto a = q.process();
  REQUIRE(put(*a, {make("x")}));
  const auto leased = claim(*a, 1);
  REQUIRE(q.server.command({"DEL", "{hightouch:hightouchEventsQueue}:owner"}) == "1");
  CHECK(settle_one(*a, ack{lease_of(leased[0])})->settled[0] == settle_outcome::applied);
}

TEST_CASE("an owner gives back leases that it knows nothing of when it extends the others", "[store][redis]") {
  redis_queue_under_test q;
  q.o.queue.lease = 1ms;
  auto a = q.process();
  REQUIRE(put(*a, {make("x"), make("y"), make("z")}));
  const auto leased = claim(*a, 2); // and nobody heard of x
  REQUIRE(leased.size() == 2);
  REQUIRE(eventually([&] {
    REQUIRE(settle_one(*a, extend{{lease_of(leased[1])}}));
    return a->stats()->ready == 20;
  }));
  CHECK(a->stats()->in_flight == 10);
  CHECK(settle_one(*a, ack{lease_of(leased[1])})->settled[0] == settle_outcome::applied);
  const auto again = claim(*a, 1);
  REQUIRE(again.size() == 1);
  CHECK(again[0].content->id == "x");
  CHECK(again[0].attempts == 0);
  REQUIRE(eventually([&] {
    REQUIRE(settle_one(*a, extend{}));
    return a->stats()->in_flight == 0;
  }));
  check_layout(q.server);
}

TEST_CASE("an owner that was replaced stops, although its successor has ended", "[store][redis]") {
  redis_queue_under_test q;
  auto first = q.process();
  REQUIRE(put(*first, {make("x")}));
  claim(*first, 1);
  q.expire_owner();
  auto second = q.process();
  REQUIRE(apply(*second));
  second->leave();
  CHECK(code_of(apply(*first)) == errc::queue_taken);
}

TEST_CASE("a session that was begun by an answer that got lost is the process's own", "[store][redis]") {
  redis_queue_under_test q;
  auto a = q.process();
  REQUIRE(put(*a, {make("x")}));
  const auto leased = claim(*a, 1);
  const auto token = q.server.command({"GET", queue_name + ":owner"});
  const auto session = q.server.command({"HGET", queue_name + ":sessions", token});
  const auto schema = q.server.command({"HGET", queue_name + ":ctl", "schema"});
  redis_connection lost{redis_options{.unix_socket = q.server.socket()}};
  REQUIRE(lost.run_one(redis_script::acquire, redis_keys{q.o.queue},
                       {token, session, "single", "3000", "test", "0", schema, "", "0", "1", "none"}));
  REQUIRE(q.server.command({"HGET", queue_name + ":sessions", token}) != session);
  const auto done = settle_one(*a, ack{lease_of(leased[0])});
  REQUIRE(done);
  CHECK(done->settled[0] == settle_outcome::applied);
}

TEST_CASE("what comes late, by a connection that was given up, changes nothing", "[store][redis]") {
  redis_queue_under_test q;
  auto a = q.process();
  REQUIRE(put(*a, {make("x")}));
  const auto token = q.server.command({"GET", queue_name + ":owner"});
  const auto session = q.server.command({"HGET", queue_name + ":sessions", token});
  q.expire_owner();
  REQUIRE(apply(*a)); // its next session
  redis_connection late{redis_options{.unix_socket = q.server.socket()}};
  const auto done = late.run_one(redis_script::apply, redis_keys{q.o.queue},
                                 {token, session, "single", "",  "0", "5", "60000", "3000", "0", "1000", "1000",
                                  "",    "",      "1",      "0", "",  "0", "0",     "0",    "0", "0"});
  REQUIRE(!done);
  CHECK(a->stats()->ready == 10);
}

TEST_CASE("a queue is not adopted from living processes", "[store][redis]") {
  redis_queue_under_test q;
  q.o.queue.is_multi_processor = true;
  auto a = q.process();
  REQUIRE(apply(*a));
  q.o.queue.adopt = true;
  redis_options where;
  where.unix_socket = q.server.socket();
  redis_store other{where, q.o, "another destination"};
  CHECK(signal_of(other.apply({})) == store_signal::watched);
  a->leave();
  CHECK(other.apply({}));
}

TEST_CASE("an owner that leaves makes way at once", "[store][redis]") {
  redis_queue_under_test q;
  auto a = q.process();
  REQUIRE(put(*a, {make("x")}));
  claim(*a, 1);
  a->leave();
  auto b = q.process();
  CHECK(claim(*b, 1).size() == 1);
}

TEST_CASE("a batch in flight in too many crashes is poison, in Redis", "[store][redis]") {
  redis_queue_under_test q;
  q.o.queue.max_crashes = 1;
  for (int crash = 0; crash < 3; ++crash) {
    auto a = q.process();
    if (crash == 0)
      REQUIRE(put(*a, {make("x")}));
    unit_of_work w;
    w.slots = 1;
    const auto done = apply(*a, w);
    REQUIRE(done);
    CHECK(done->granted.size() == (crash < 2 ? 1 : 0));
    REQUIRE(done->buried.size() == (crash < 2 ? 0 : 1));
    if (crash == 2) {
      CHECK(done->buried[0].id == "x");
      CHECK(done->buried[0].events == 10);
      CHECK(done->buried[0].why.reason.find("poison") != std::string::npos);
    }
    q.server.command({"DEL", "{hightouch:hightouchEventsQueue}:owner"}); // as if it had crashed long ago
  }
  auto a = q.process();
  CHECK(a->stats()->dead == 10);
  CHECK(a->list_dead("", 1)->at(0).why.reason.find("poison") != std::string::npos);
}

TEST_CASE("poison is reported to the process of a shared queue that takes the lease back", "[store][redis]") {
  redis_queue_under_test q;
  q.o.queue.is_multi_processor = true;
  q.o.queue.lease = 1s;
  q.o.queue.max_crashes = 0;
  auto a = q.process(), b = q.process();
  const auto id = incarnation_of(*a) + "-1";
  REQUIRE(put(*a, {make(id)}));
  REQUIRE(claim(*a, 1).size() == 1);
  std::vector<store_burial> buried;
  REQUIRE(eventually([&] {
    const auto done = apply(*b);
    REQUIRE(done);
    buried = done->buried;
    return !buried.empty();
  }));
  CHECK(buried[0].id == id);
  unit_of_work w;
  w.look_for = {id};
  const auto done = apply(*a, w);
  REQUIRE(done);
  CHECK(done->buried.empty());
  CHECK(done->found == std::vector<presence>{{0, 10, 10}});
  CHECK(done->ended == ended_events{0, 0});
}

TEST_CASE("processes that share a queue are given different batches", "[store][redis]") {
  redis_queue_under_test q;
  q.o.queue.is_multi_processor = true;
  auto a = q.process(), b = q.process();
  REQUIRE(put(*a, {make("1"), make("2"), make("3"), make("4")}));
  const auto of_a = claim(*a, 2), of_b = claim(*b, 4);
  REQUIRE(of_a.size() == 2);
  REQUIRE(of_b.size() == 2);
  CHECK(of_b[0].content->id == "3");
  CHECK(a->stats()->owners.size() == 2);
  // Each settles only its own, also by a fence that happens to be right.
  CHECK(settle_one(*b, nack{lease_of(of_a[0]), 1h, {}})->settled[0] == settle_outcome::stale);
  CHECK(settle_one(*a, retain{})->settled[0] == settle_outcome::applied);
  CHECK(a->stats()->in_flight == 20);
  CHECK(settle_one(*b, ack{lease_of(of_b[0])})->settled[0] == settle_outcome::applied);
}

TEST_CASE("the leases of a process that is silent, or too slow, go to the others", "[store][redis]") {
  redis_queue_under_test q;
  q.o.queue.is_multi_processor = true;
  SECTION("silent") {
    q.o.queue.owner_ttl = 3s;
  }
  SECTION("too slow") {
    q.o.queue.owner_ttl = 1h;
    q.o.queue.lease = 1s;
  }
  auto a = q.process(), b = q.process();
  REQUIRE(put(*a, {make("x")}));
  const auto old = claim(*a, 1);
  std::vector<leased_batch> again;
  REQUIRE(eventually([&] {
    again = claim(*b, 1);
    return !again.empty();
  }));
  CHECK(again[0].fence > old[0].fence);
  CHECK(settle_one(*a, ack{lease_of(old[0])})->settled[0] == settle_outcome::stale);
  CHECK(settle_one(*b, ack{lease_of(again[0])})->settled[0] == settle_outcome::applied);
}

TEST_CASE("a lease that is extended stays", "[store][redis]") {
  redis_queue_under_test q;
  q.o.queue.is_multi_processor = true;
  q.o.queue.lease = 2s;
  auto a = q.process(), b = q.process();
  REQUIRE(put(*a, {make("x")}));
  const auto leased = claim(*a, 1);
  const auto end = std::chrono::steady_clock::now() + 3s;
  while (std::chrono::steady_clock::now() < end) {
    REQUIRE(settle_one(*a, extend{{lease_of(leased[0])}}));
    REQUIRE(claim(*b, 1).empty());
  }
  CHECK(settle_one(*a, ack{lease_of(leased[0])})->settled[0] == settle_outcome::applied);
}

TEST_CASE("a process that purges or replays everything gives a sign of life with every page, an operator none",
          "[store][redis]") {
  for (const bool shared : {false, true}) {
    redis_queue_under_test q;
    q.o.queue.is_multi_processor = shared;
    q.o.queue.owner_ttl = 1h;
    auto a = q.process();
    REQUIRE(put(*a, {make("x"), make("y")}));
    for (const auto& x : claim(*a, 2))
      REQUIRE(settle_one(*a, bury{lease_of(x), {}}));
    const auto token = q.server.command({"HKEYS", queue_name + ":sessions"});
    const auto fall_silent = [&] {
      if (shared)
        q.server.command({"ZADD", queue_name + ":owners", "1", token});
      else
        q.server.command({"PEXPIRE", queue_name + ":owner", "600000"});
    };
    const auto gave_a_sign = [&] {
      return shared ? q.server.command({"ZSCORE", queue_name + ":owners", token}) != "1"
                    : std::stol(q.server.command({"PTTL", queue_name + ":owner"})) > 600'000;
    };
    fall_silent();
    redis_queue operators{std::make_shared<redis_connection>(redis_options{.unix_socket = q.server.socket()}),
                          q.o.queue};
    CHECK(*operators.purge_dead({"x"}) == 10);
    CHECK(*operators.replay_dead({"unknown"}) == 0);
    CHECK(!gave_a_sign());
    CHECK(*a->purge_dead({}) == 10);
    CHECK(gave_a_sign());
    fall_silent();
    CHECK(*a->replay_dead({}) == 0);
    CHECK(gave_a_sign() == false); // nothing was to be done
    CHECK(*a->replay_dead({"unknown"}) == 0);
    CHECK(gave_a_sign());
  }
}

TEST_CASE("a queue for one process and a shared one do not mix", "[store][redis]") {
  redis_queue_under_test q;
  auto single = q.process();
  REQUIRE(apply(*single));
  q.o.queue.is_multi_processor = true;
  auto shared = q.process();
  REQUIRE(eventually([&] {
    REQUIRE(apply(*single));
    return code_of(apply(*shared)) == errc::queue_taken;
  }));
  single->leave();
  auto next = q.process();
  REQUIRE(apply(*next));
  q.o.queue.is_multi_processor = false;
  auto other = q.process();
  REQUIRE(eventually([&] {
    REQUIRE(apply(*next));
    return code_of(apply(*other)) == errc::queue_taken;
  }));
}

TEST_CASE("a process of a shared queue that was taken for dead by a single one stops", "[store][redis]") {
  redis_queue_under_test q;
  q.o.queue.is_multi_processor = true;
  auto shared = q.process();
  REQUIRE(put(*shared, {make("x")}));
  claim(*shared, 1);
  q.o.queue.is_multi_processor = false;
  auto single = q.process();
  REQUIRE(eventually([&] { return apply(*single).has_value(); }));
  CHECK(single->stats()->ready == 10); // taken back
  CHECK(code_of(apply(*shared)) == errc::queue_taken);
}

TEST_CASE("a queue in Redis that was redirected is the new destination's, also when its owner connects anew",
          "[store][redis]") {
  for (const bool shared : {false, true}) {
    redis_queue_under_test q;
    q.o.queue.is_multi_processor = shared;
    auto a = q.process();
    REQUIRE(put(*a, {make("x")}));
    unit_of_work w;
    w.fingerprint = "two";
    REQUIRE(apply(*a, w));
    q.server.command({"CLIENT", "KILL", "TYPE", "normal"});
    REQUIRE(eventually([&] { return apply(*a).has_value(); }));
    CHECK(a->stats()->ready == 10);
    a->leave();
    CHECK(code_of(apply(*q.process())) == errc::other_destination);
  }
}

TEST_CASE("an owner whose new fingerprint was not answered goes on, whichever of the two is there", "[store][redis]") {
  for (const bool arrives : {false, true}) {
    redis_queue_under_test q;
    fault_proxy proxy{q.server.port()};
    auto a = q.process(proxy.port());
    REQUIRE(put(*a, {make("x")}));
    const auto present = [&] { return q.server.command({"HGET", queue_name + ":ctl", "fingerprint"}); };
    unit_of_work w;
    for (const char* next : {"two", "three"}) {
      w.fingerprint = next;
      if (arrives)
        proxy.cut_after_request();
      else
        proxy.cut_before_request();
      CHECK(code_of(apply(*a, w)) == errc::store_failed);
      CHECK((present() == next) == arrives);
      REQUIRE(eventually([&] { return apply(*a).has_value(); })); // its next session
    }
    REQUIRE(apply(*a, w));
    CHECK(present() == "three");
    CHECK(a->stats()->ready == 10);
    a->leave();
    CHECK(code_of(apply(*q.process())) == errc::other_destination);
    CHECK(apply(*q.process(0, "three")));
  }
}

TEST_CASE("a queue of another destination or version, and a key that is something else, are refused",
          "[store][redis]") {
  redis_queue_under_test q;
  q.process()->stats();
  q.server.command({"DEL", "{hightouch:hightouchEventsQueue}:owner"});
  const std::string ctl = "{hightouch:hightouchEventsQueue}:ctl";
  SECTION("another destination") {
    q.server.command({"HSET", ctl, "fingerprint", "other"});
    CHECK(code_of(apply(*q.process())) == errc::other_destination);
    q.o.queue.adopt = true;
    CHECK(apply(*q.process()));
  }
  SECTION("another version") {
    q.server.command({"HSET", ctl, "schema", GENERATE("4", "6")});
    CHECK(code_of(apply(*q.process())) == errc::not_a_queue);
  }
  SECTION("something else") {
    q.server.command({"DEL", ctl});
    q.server.command({"SET", ctl, "mine"});
    CHECK(code_of(apply(*q.process())) == errc::not_a_queue);
    CHECK(q.server.command({"GET", ctl}) == "mine");
  }
}
