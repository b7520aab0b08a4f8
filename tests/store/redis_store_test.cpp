#include "support/catch.hpp"

#include <filesystem>
#include <optional>
#include <set>
#include <sstream>
#include <thread>

#include "store/make_store.hpp"
#include "store/redis_store.hpp"
#include "support/fault_proxy.hpp"
#include "support/pipeline.hpp"
#include "support/redis_server.hpp"

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

namespace {

const std::string name = "{hightouch:hightouchEventsQueue}";

batch_ptr make(const std::string& id, std::size_t bytes = 100) {
  return std::make_shared<const batch>(
      batch{.id = id, .events = 10, .payload = std::make_shared<const std::string>(bytes, 'p')});
}

lease held(const leased_batch& b) {
  return {b.content->id, b.fence};
}

// A queue, and processes on it.
struct redis_queue_under_test {
  explicit redis_queue_under_test(std::vector<std::string> arguments = {}) : server{std::move(arguments)} {
    o.queue.owner_ttl = 3s;
  }
  std::unique_ptr<redis_store> process(std::uint16_t port = 0) {
    redis_options where;
    where.host = "127.0.0.1";
    where.port = port ? port : server.port();
    where.command = 1s;
    return std::make_unique<redis_store>(where, o, "test");
  }
  // As if it had been silent for owner_ttl.
  void expire_owner() { REQUIRE(server.command({"DEL", name + ":owner"}) == "1"); }
  // Every batch is in one state, and nothing is there that the layout does not name.
  void check_keys() {
    const std::string& q = name;
    std::set<std::string> bodies;
    for (const auto& key : server.keys()) {
      INFO(key);
      if (key.compare(0, q.size() + 3, q + ":b:") == 0)
        bodies.insert(key.substr(q.size() + 3));
      else
        CHECK(
            std::set<std::string>{"m", "ready", "lease", "retry", "dead", "stat", "ctl", "owner", "owners", "sessions"}
                .count(key.substr(q.size() + 1)) == 1);
    }
    std::size_t placed = 0;
    for (const char* set : {"ready", "lease", "retry", "dead"})
      placed += std::stoul(server.command({"ZCARD", q + ":" + set}));
    CHECK(placed == bodies.size());
    CHECK(placed == std::stoul(server.command({"HLEN", q + ":m"})));
    for (const auto& id : bodies)
      CHECK(server.command({"TTL", q + ":b:" + id}) == "-1");
  }

  redis_server server;
  options o;
};

result<work_done> apply(store& to, unit_of_work w = {}) {
  return to.apply(w);
}

result<work_done> put(store& to, std::vector<batch_ptr> batches, std::size_t slots = 0) {
  unit_of_work w;
  w.enqueues = std::move(batches);
  w.slots = slots;
  return to.apply(w);
}

std::vector<leased_batch> claim(store& from, std::size_t n) {
  unit_of_work w;
  w.slots = n;
  const auto done = from.apply(w);
  REQUIRE(done);
  return done->claimed;
}

result<work_done> settle_one(store& to, settlement s) {
  unit_of_work w;
  w.settlements.push_back(std::move(s));
  return to.apply(w);
}

errc code_of(const result<work_done>& r) {
  return r ? errc{} : r.error().code;
}

} // namespace

TEST_CASE("a batch that is leased as it is stored is never read back", "[store][redis]") {
  redis_queue_under_test q;
  auto a = q.process();
  const auto content = make("x");
  const auto done = put(*a, {content}, 1);
  REQUIRE(done);
  REQUIRE(done->claimed.size() == 1);
  CHECK(done->claimed[0].content == content);
  CHECK(q.server.command({"INFO", "commandstats"}).find("cmdstat_get:calls=0") == std::string::npos);
  REQUIRE(settle_one(*a, release{held(done->claimed[0])}));
  CHECK(*claim(*a, 1)[0].content->payload == *content->payload);
  q.check_keys();
}

TEST_CASE("a second process of a queue for one is refused when the first gives a sign of life", "[store][redis]") {
  redis_queue_under_test q;
  auto first = q.process(), second = q.process();
  REQUIRE(put(*first, {make("x")}));
  CHECK(code_of(apply(*second)) == errc::queue_watched);
  error why;
  REQUIRE(eventually([&] {
    REQUIRE(apply(*first));
    const auto r = apply(*second);
    why = r ? error{} : r.error();
    return why.code != errc::queue_watched;
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
  CHECK(code_of(settle_one(*first, ack{held(old[0])})) == errc::queue_taken);
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
  CHECK(settle_one(*a, ack{held(leased[0])})->settled[0] == settle_outcome::applied);
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

TEST_CASE("what comes late, by a connection that was given up, changes nothing", "[store][redis]") {
  redis_queue_under_test q;
  auto a = q.process();
  REQUIRE(put(*a, {make("x")}));
  const auto token = q.server.command({"GET", name + ":owner"});
  const auto session = q.server.command({"HGET", name + ":sessions", token});
  q.expire_owner();
  REQUIRE(apply(*a)); // its next session
  redis_connection late{redis_options{.unix_socket = q.server.socket()}};
  const auto claimed = late.run_one(redis_script::claim, name, {token, session, "single", "5", "60000", "3000"});
  REQUIRE(!claimed);
  CHECK(a->stats()->ready == 10);
}

TEST_CASE("an answer that is an error is no payload", "[store][redis]") {
  redis_queue_under_test q;
  auto a = q.process();
  REQUIRE(put(*a, {make("x")}));
  q.server.command({"ACL", "SETUSER", "default", "-get"});
  unit_of_work w;
  w.slots = 1;
  CHECK(code_of(a->apply(w)) == errc::store_failed);
  q.server.command({"ACL", "SETUSER", "default", "+get"});
  w.settlements = {retain{}};
  const auto again = a->apply(w);
  REQUIRE(again);
  REQUIRE(again->claimed.size() == 1);
  CHECK(again->claimed[0].content->payload->size() == 100);
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
  CHECK(code_of(other.apply({})) == errc::queue_watched);
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
    CHECK(claim(*a, 1).size() == (crash < 2 ? 1 : 0));
    q.server.command({"DEL", "{hightouch:hightouchEventsQueue}:owner"}); // as if it had crashed long ago
  }
  auto a = q.process();
  CHECK(a->stats()->dead == 10);
  CHECK(a->list_dead("", 1)->at(0).why.reason.find("poison") != std::string::npos);
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
  // Each settles only its own.
  CHECK(settle_one(*a, retain{})->settled[0] == settle_outcome::applied);
  CHECK(a->stats()->in_flight == 20);
  CHECK(settle_one(*b, ack{held(of_b[0])})->settled[0] == settle_outcome::applied);
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
  CHECK(settle_one(*a, ack{held(old[0])})->settled[0] == settle_outcome::stale);
  CHECK(settle_one(*b, ack{held(again[0])})->settled[0] == settle_outcome::applied);
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
    REQUIRE(settle_one(*a, extend{{held(leased[0])}}));
    REQUIRE(claim(*b, 1).empty());
  }
  CHECK(settle_one(*a, ack{held(leased[0])})->settled[0] == settle_outcome::applied);
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

TEST_CASE("a queue of another destination, a newer one, and a key that is something else are refused",
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
  SECTION("newer") {
    q.server.command({"HSET", ctl, "schema", "2"});
    CHECK(code_of(apply(*q.process())) == errc::not_a_queue);
  }
  SECTION("something else") {
    q.server.command({"DEL", ctl});
    q.server.command({"SET", ctl, "mine"});
    CHECK(code_of(apply(*q.process())) == errc::not_a_queue);
    CHECK(q.server.command({"GET", ctl}) == "mine");
  }
}

TEST_CASE("a batch whose body is missing is dead, and the others go on", "[store][redis]") {
  redis_queue_under_test q;
  auto a = q.process();
  REQUIRE(put(*a, {make("x"), make("y")}));
  q.server.command({"DEL", "{hightouch:hightouchEventsQueue}:b:x"});
  auto given = claim(*a, 2);
  REQUIRE(given.size() == 1);
  CHECK(given[0].content->id == "y");
  CHECK(a->list_dead("", 1)->at(0).why.reason == "body_missing");
}

TEST_CASE("what stands in Redis and is no batch is neither evaluated nor delivered", "[store][redis]") {
  redis_queue_under_test q;
  auto a = q.process();
  REQUIRE(put(*a, {make("x")}));
  q.server.command({"ZADD", name + ":ready", "0", "evil\r\nid"});
  q.server.command({"HSET", name + ":m", "evil\r\nid", "ready 0 0 0 0 1 1 1 - 0 "});
  q.server.command({"SET", name + ":b:evil\r\nid", "body"});
  q.server.command({"ZADD", name + ":ready", "0", "nonsense"});
  q.server.command({"HSET", name + ":m", "nonsense", "os.execute('true')"});
  REQUIRE(eventually([&] {
    const auto given = claim(*a, 5);
    return given.size() == 1 && given[0].content->id == "x";
  }));
}

TEST_CASE("past maxmemory enqueues push back, everything else goes on, and nothing is orphaned", "[store][redis]") {
  redis_queue_under_test q;
  auto a = q.process();
  std::vector<batch_ptr> many;
  for (int i = 0; i < 40; ++i)
    many.push_back(make("b" + std::to_string(i), 10'000));
  REQUIRE(put(*a, many));
  auto leased = claim(*a, 4);
  REQUIRE(q.server.command({"CONFIG", "SET", "maxmemory-policy", "noeviction"}) == "OK");
  REQUIRE(q.server.command({"CONFIG", "SET", "maxmemory", "1"}) == "OK");
  CHECK(put(*a, {make("new", 10'000)})->enqueued.at(0) == enqueue_outcome::backlog_full);
  CHECK(settle_one(*a, ack{held(leased[0])})->settled[0] == settle_outcome::applied);
  CHECK(settle_one(*a, nack{held(leased[1]), 1h, {503, "busy"}})->settled[0] == settle_outcome::applied);
  CHECK(settle_one(*a, bury{held(leased[2]), {400, "bad"}})->settled[0] == settle_outcome::applied);
  const auto whole = held(leased[3]);
  const auto half = [](const char* id) {
    return std::make_shared<const batch>(
        batch{.id = id, .events = 5, .payload = std::make_shared<const std::string>("p")});
  };
  CHECK(settle_one(*a, split{whole, half("b3.0"), half("b3.1")})->settled[0] == settle_outcome::held);
  CHECK(a->stats()->retry == 20);
  CHECK(claim(*a, 4).size() == 4);
  CHECK(settle_one(*a, extend{})->settled[0] == settle_outcome::applied);
  CHECK(settle_one(*a, retain{})->settled[0] == settle_outcome::applied);
  // A successor as well.
  q.server.command({"DEL", "{hightouch:hightouchEventsQueue}:owner"});
  auto b = q.process();
  for (;;) {
    const auto some = claim(*b, 8);
    if (some.empty())
      break;
    for (const auto& x : some)
      CHECK(settle_one(*b, ack{held(x)})->settled[0] == settle_outcome::applied);
  }
  CHECK(b->stats()->ready == 0);
  CHECK(b->stats()->delivered == 370);
  q.check_keys();
  REQUIRE(q.server.command({"CONFIG", "SET", "maxmemory", "0"}) == "OK");
  CHECK(put(*b, {make("new", 10'000)})->enqueued.at(0) == enqueue_outcome::stored);
  q.check_keys();
}

TEST_CASE("refusing a backlog leaves no body behind", "[store][redis]") {
  redis_queue_under_test q;
  q.o.queue.max_backlog_events = 10;
  auto a = q.process();
  const auto done = put(*a, {make("x"), make("y")});
  REQUIRE(done);
  CHECK(done->enqueued == std::vector{enqueue_outcome::stored, enqueue_outcome::backlog_full});
  q.check_keys();
}

TEST_CASE("scripts that Redis forgets are loaded again", "[store][redis]") {
  redis_queue_under_test q;
  auto a = q.process();
  REQUIRE(put(*a, {make("x")}));
  REQUIRE(q.server.command({"SCRIPT", "FLUSH"}) == "OK");
  CHECK(put(*a, {make("y")})->enqueued.at(0) == enqueue_outcome::stored);
  REQUIRE(q.server.command({"SCRIPT", "FLUSH"}) == "OK");
  CHECK(a->stats()->ready == 20);
  q.check_keys();
}

TEST_CASE("an emptied or restarted Redis asks for what is leased", "[store][redis]") {
  redis_queue_under_test q{{"--appendonly", "yes", "--appendfsync", "always"}};
  auto a = q.process();
  REQUIRE(put(*a, {make("x")}));
  const auto leased = claim(*a, 1);
  SECTION("emptied") {
    q.server.command({"FLUSHALL"});
    CHECK(code_of(apply(*a)) == errc::queue_emptied);
    CHECK(put(*a, {leased[0].content}, 1)->claimed.size() == 1);
  }
  SECTION("restarted") {
    q.server.kill();
    CHECK(code_of(apply(*a)) == errc::store_failed);
    q.server.start();
    CHECK(code_of(apply(*a)) == errc::queue_reset);
    // It had forgotten nothing: the lease is still ours.
    CHECK(put(*a, {leased[0].content}, 1)->claimed.empty());
    CHECK(settle_one(*a, ack{held(leased[0])})->settled[0] == settle_outcome::applied);
  }
  CHECK(a->stats()->stored >= a->stats()->delivered);
  q.check_keys();
}

TEST_CASE("the answers of a Redis that is ill are errors, and it is used again when it is well", "[store][redis]") {
  redis_queue_under_test q{{"--dbfilename", "folder"}};
  auto a = q.process();
  REQUIRE(put(*a, {make("x")}));
  const auto check_ill_then = [&](const std::vector<std::string>& cure) {
    const auto ill = put(*a, {make("y")});
    CHECK(code_of(ill) == errc::store_failed);
    q.server.command(cure);
    REQUIRE(eventually([&] { return put(*a, {make("y")}).has_value(); }));
  };
  SECTION("a replica") {
    redis_server master;
    q.server.command({"REPLICAOF", "127.0.0.1", std::to_string(master.port())});
    check_ill_then({"REPLICAOF", "NO", "ONE"});
  }
  SECTION("without enough replicas") {
    q.server.command({"CONFIG", "SET", "min-replicas-to-write", "1"});
    check_ill_then({"CONFIG", "SET", "min-replicas-to-write", "0"});
  }
  SECTION("unable to save") {
    std::filesystem::create_directory(q.server.folder() + "/folder"); // where the file should be
    q.server.command({"CONFIG", "SET", "save", "3600 1"});
    q.server.command({"BGSAVE"});
    REQUIRE(eventually([&] {
      return q.server.command({"INFO", "persistence"}).find("rdb_last_bgsave_status:err") != std::string::npos;
    }));
    check_ill_then({"CONFIG", "SET", "stop-writes-on-bgsave-error", "no"});
  }
  SECTION("busy with a script") {
    q.server.command({"CONFIG", "SET", "lua-time-limit", "1"});
    std::thread endless{[&] {
      try {
        q.server.command({"EVAL", "while true do end", "0"});
      } catch (const std::exception&) { // it has no answer before it is ended
      }
    }};
    REQUIRE(eventually([&] { return q.server.command({"PING"}).find("BUSY") != std::string::npos; }));
    check_ill_then({"SCRIPT", "KILL"});
    endless.join();
  }
  SECTION("full of clients") {
    const auto b = q.process();
    q.server.command({"CONFIG", "SET", "maxclients", "2"});
    std::optional<redis_connection> other{redis_options{.unix_socket = q.server.socket()}};
    REQUIRE(other->open());
    CHECK(code_of(apply(*b)) == errc::store_failed);
    other.reset();
    REQUIRE(eventually([&] { return q.server.command({"CONFIG", "SET", "maxclients", "100"}) == "OK"; }));
    CHECK(code_of(apply(*b)) == errc::queue_watched); // it is heard
    REQUIRE(put(*a, {make("y")}));
  }
  SECTION("credentials changed") {
    q.server.command({"ACL", "SETUSER", "default", "-evalsha"});
    check_ill_then({"ACL", "SETUSER", "default", "+evalsha"});
  }
  SECTION("paused") {
    q.server.pause();
    CHECK(code_of(put(*a, {make("y")})) == errc::store_failed);
    q.server.resume();
    REQUIRE(eventually([&] { return put(*a, {make("y")}).has_value(); }));
  }
  CHECK(a->stats()->stored == 20);
  q.check_keys();
}

TEST_CASE("while Redis loads its data, it is waited for", "[store][redis]") {
  redis_queue_under_test q{{"--appendonly", "yes", "--appendfsync", "always", "--key-load-delay", "100",
                            "--loading-process-events-interval-bytes", "1024"}};
  auto a = q.process();
  REQUIRE(put(*a, {make("x")}));
  // It answers now and then while it loads many keys.
  q.server.command({"EVAL", "for i = 1, 20000 do redis.call('SET', 'k' .. i, i) end", "0"});
  q.server.kill();
  std::thread starter{[&] { q.server.start(); }};
  bool was_loading = false;
  REQUIRE(eventually([&] {
    const auto done = apply(*a);
    was_loading = was_loading || (!done && done.error().message.find("LOADING") != std::string::npos);
    return done.has_value();
  }));
  starter.join();
  CHECK(was_loading);
  CHECK(a->stats()->ready == 10);
}

TEST_CASE("a replica that is promoted takes the place of the master, and what is leased is stored again",
          "[store][redis]") {
  redis_queue_under_test q;
  auto a = q.process();
  redis_server replica{{"--replicaof", "127.0.0.1", std::to_string(q.server.port())}};
  q.o.redis.wait_replicas = 1;
  auto b = q.process();
  q.server.command({"DEL", "{hightouch:hightouchEventsQueue}:owner"});
  std::vector<leased_batch> leased;
  REQUIRE(eventually([&] {
    const auto done = put(*b, {make("x"), make("y")}, 1);
    if (done && leased.empty())
      leased = done->claimed;
    return done.has_value() && !leased.empty();
  }));
  // Something that the replica does not hear of any more.
  replica.command({"REPLICAOF", "NO", "ONE"});
  const auto port = std::to_string(q.server.port());
  q.server.kill();
  REQUIRE(eventually([&] { return replica.command({"CONFIG", "SET", "port", port}) == "OK"; })); // since Redis 7
  q.o.redis.wait_replicas = 0;
  std::vector<errc> seen;
  REQUIRE(eventually([&] {
    const auto done = apply(*b);
    seen.push_back(code_of(done));
    return seen.back() == errc::queue_reset;
  }));
}

TEST_CASE("in a cluster a queue stays on one node, and another node says so", "[store][redis]") {
  redis_server node{{"--cluster-enabled", "yes"}};
  redis_options where;
  where.host = "127.0.0.1";
  where.port = node.port();
  redis_store a{where, {}, "test"};
  const auto down = apply(a);
  REQUIRE(!down);
  CHECK(down.error().field == "redis.host");
  std::vector<std::string> all{"CLUSTER", "ADDSLOTS"};
  for (int slot = 0; slot < 16'384; ++slot)
    all.push_back(std::to_string(slot));
  REQUIRE(node.command(all) == "OK");
  REQUIRE(eventually([&] { return put(a, {make("x")}).has_value(); }));
  const auto leased = claim(a, 1);
  REQUIRE(leased.size() == 1);
  CHECK(settle_one(a, ack{held(leased[0])})->settled[0] == settle_outcome::applied);
}

TEST_CASE("wrong credentials are said, and the password is not", "[store][redis]") {
  redis_server server{{"--requirepass", "s3cret-password"}};
  for (const char* password : {"", "wr0ng-password"}) {
    redis_options where;
    where.host = "127.0.0.1";
    where.port = server.port();
    where.password = password;
    redis_store a{where, {}, "test"};
    const auto r = apply(a);
    REQUIRE(!r);
    CHECK(r.error().field == "redis.password");
    CHECK(to_string(r.error()).find("wr0ng") == std::string::npos);
  }
  redis_options where;
  where.unix_socket = server.socket();
  where.password = "s3cret-password";
  redis_store a{where, {}, "test"};
  CHECK(apply(a));
}

TEST_CASE("a connection that breaks at any point leaves a unit that may be sent again", "[store][redis]") {
  redis_queue_under_test q;
  fault_proxy proxy{q.server.port()};
  auto a = q.process(proxy.port());
  REQUIRE(put(*a, {make("x")}));
  const auto leased = claim(*a, 1);
  REQUIRE(leased.size() == 1);
  unit_of_work w;
  w.enqueues = {make("y"), make("z")};
  w.settlements = {nack{held(leased[0]), 1h, {503, "busy"}}};
  w.slots = 1;
  SECTION("after the request") {
    proxy.cut_after_request();
  }
  SECTION("before the request") {
    proxy.cut_before_request();
  }
  SECTION("in the answer") {
    proxy.cut_in_reply(30);
  }
  SECTION("by garbage") {
    proxy.garbage();
  }
  SECTION("by silence") {
    proxy.stall(true);
  }
  SECTION("by a gateway that forgot it") {
    proxy.half_open(true);
  }
  CHECK(code_of(a->apply(w)) == errc::store_failed);
  CHECK(proxy.faults() > 0);
  proxy.stall(false);
  proxy.half_open(false);
  w.settlements.insert(w.settlements.begin(), retain{{held(leased[0])}});
  result<work_done> done = error{};
  REQUIRE(eventually([&] {
    done = a->apply(w);
    return done.has_value();
  }));
  CHECK(done->settled[1] == settle_outcome::applied);
  CHECK(done->enqueued == std::vector(2, enqueue_outcome::stored));
  CHECK(done->claimed.size() == 1);
  const auto s = *a->stats();
  CHECK(s.stored == 30);
  CHECK(s.retry == 10);
  CHECK(s.in_flight == 10);
  CHECK(s.ready == 10);
  q.check_keys();
}

TEST_CASE("what is stored has reached the replicas that are asked for", "[store][redis]") {
  redis_queue_under_test q;
  q.o.redis.wait_replicas = 1;
  q.o.redis.command = 400ms;
  auto a = q.process();
  const auto alone = put(*a, {make("x")});
  REQUIRE(!alone);
  CHECK(alone.error().field == "redis.wait_replicas");
  redis_server replica{{"--replicaof", "127.0.0.1", std::to_string(q.server.port())}};
  REQUIRE(eventually([&] { return put(*a, {make("x")}).has_value(); }));
  CHECK(a->stats()->stored == 10);
}

TEST_CASE("a sync that Redis does not know is said so", "[store][redis]") {
  redis_queue_under_test q;
  q.o.redis.ack = redis_ack::fsync;
  auto a = q.process();
  const auto done = put(*a, {make("x")});
  REQUIRE(!done); // no append-only file here, or too old a server
  CHECK(done.error().field == "redis.ack");
}

TEST_CASE("a policy that evicts is warned of", "[store][redis]") {
  redis_queue_under_test q{{"--maxmemory-policy", "allkeys-lru"}};
  std::vector<std::string> said;
  q.o.log = [&](log_level, std::string_view line) { said.emplace_back(line); };
  auto a = q.process();
  REQUIRE(apply(*a));
  REQUIRE(said.size() == 1);
  CHECK(said[0].find("noeviction") != std::string::npos);
}

TEST_CASE("the permissions that the documentation names are enough", "[store][redis]") {
  redis_queue_under_test q;
  const auto text = read_file(SLUICE_SOURCE_DIR "/docs/persistence.md");
  const auto begin = text.find("`+auth") + 1, end = text.find('`', begin);
  REQUIRE(begin != std::string::npos + 1);
  std::vector<std::string> user{"ACL", "SETUSER", "someone", "on", ">word", "~" + name + "*"};
  std::istringstream words{text.substr(begin, end - begin)};
  for (std::string word; words >> word;)
    user.push_back(word);
  REQUIRE(q.server.command(user) == "OK");
  for (const bool shared : {true, false}) {
    q.o.queue.is_multi_processor = shared;
    redis_options where;
    where.unix_socket = q.server.socket();
    where.username = "someone";
    where.password = "word";
    redis_store a{where, q.o, "test"};
    REQUIRE(put(a, {make("x"), make("y"), make("z")}));
    const auto leased = claim(a, 3);
    REQUIRE(leased.size() == 3);
    REQUIRE(settle_one(a, extend{{held(leased[0])}}));
    REQUIRE(settle_one(a, nack{held(leased[0]), 0ms, {}}));
    REQUIRE(settle_one(a, bury{held(leased[1]), {}}));
    const auto half = [](const char* id) {
      return std::make_shared<const batch>(
          batch{.id = id, .events = 5, .payload = std::make_shared<const std::string>("p")});
    };
    REQUIRE(settle_one(a, split{held(leased[2]), half("z.0"), half("z.1")}));
    REQUIRE(settle_one(a, retain{}));
    CHECK(a.show_dead("y"));
    CHECK(a.list_dead("", 10)->size() == 1);
    CHECK(*a.replay_dead({"y"}) == 10);
    CHECK(a.set_paused(true));
    CHECK(a.set_paused(false));
    for (const auto& b : claim(a, 4))
      CHECK(settle_one(a, ack{held(b)})->settled[0] == settle_outcome::applied);
    CHECK(*a.purge_dead({}) == 0);
    CHECK(a.stats()->delivered == (shared ? 30 : 60));
    a.leave();
  }
}

TEST_CASE("a queue that is not in Redis cannot be looked into", "[store][redis]") {
  redis_server server;
  options o;
  o.persistence = server.url();
  const auto admin = make_queue_admin(o);
  REQUIRE(admin);
  CHECK((*admin)->stats().error().code == errc::not_a_queue);
  CHECK((*admin)->set_paused(true).error().code == errc::not_a_queue);
  CHECK(server.keys().empty());
}
