#include "unit/store/redis/queue_under_test.hpp"

#include <atomic>
#include <filesystem>
#include <optional>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <poll.h>

#include "support/fault_proxy.hpp"
#include "support/pipeline.hpp"

// What Redis, and the way to it, may do to a queue.

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

TEST_CASE("an answer that is an error is no payload", "[store][redis]") {
  redis_queue_under_test q;
  auto a = q.process();
  REQUIRE(put(*a, {make("x")}));
  q.server.command({"ACL", "SETUSER", "default", "-get"});
  unit_of_work w;
  w.slots = 1;
  CHECK(code_of(apply(*a, w)) == errc::store_failed);
  q.server.command({"ACL", "SETUSER", "default", "+get"});
  w.settlements = {retain{}};
  const auto again = apply(*a, w);
  REQUIRE(again);
  REQUIRE(again->granted.size() == 1);
  CHECK(again->granted[0].content->payload->size() == 100);
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
  const auto refused = put(*a, {make("new", 10'000)}, 2);
  CHECK(refused->enqueued.at(0) == enqueue_outcome::backlog_full);
  REQUIRE(refused->granted.size() == 2); // the backlog is delivered all the same, in its order
  CHECK(refused->granted[0].content->id == "b4");
  CHECK(refused->granted[1].content->payload->size() == 10'000);
  check_layout(q.server);
  for (const auto& x : refused->granted)
    CHECK(settle_one(*a, release{lease_of(x)})->settled[0] == settle_outcome::applied);
  CHECK(settle_one(*a, ack{lease_of(leased[0])})->settled[0] == settle_outcome::applied);
  CHECK(settle_one(*a, nack{lease_of(leased[1]), 1h, {503, "busy"}})->settled[0] == settle_outcome::applied);
  CHECK(settle_one(*a, bury{lease_of(leased[2]), {400, "bad"}})->settled[0] == settle_outcome::applied);
  const auto whole = lease_of(leased[3]);
  const auto half = [](const char* id) {
    return std::make_shared<const batch>(
        batch{.id = id, .events = 5, .payload = std::make_shared<const std::string>("p")});
  };
  CHECK(settle_one(*a, split{whole, half("b3.0"), half("b3.1")})->settled[0] == settle_outcome::no_room);
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
      CHECK(settle_one(*b, ack{lease_of(x)})->settled[0] == settle_outcome::applied);
  }
  CHECK(b->stats()->ready == 0);
  CHECK(b->stats()->delivered == 370);
  check_layout(q.server);
  REQUIRE(q.server.command({"CONFIG", "SET", "maxmemory", "0"}) == "OK");
  CHECK(put(*b, {make("new", 10'000)})->enqueued.at(0) == enqueue_outcome::stored);
  check_layout(q.server);
}

TEST_CASE("past maxmemory a queue is paused, its pause is ended, and it is redirected", "[store][redis]") {
  for (const bool shared : {false, true}) {
    redis_queue_under_test q;
    q.o.queue.is_multi_processor = shared;
    auto a = q.process();
    REQUIRE(put(*a, {make("x"), make("y")}));
    REQUIRE(q.server.command({"CONFIG", "SET", "maxmemory-policy", "noeviction"}) == "OK");
    REQUIRE(q.server.command({"CONFIG", "SET", "maxmemory", "1"}) == "OK");
    for (const bool enqueues : {false, true}) { // what is refused with the bodies is done without them
      unit_of_work w;
      w.slots = 1;
      if (enqueues)
        w.enqueues = {make("new", 10'000)};
      w.fingerprint = enqueues ? "three" : "two";
      w.pause = true;
      const auto paused = apply(*a, w);
      REQUIRE(paused);
      CHECK(paused->paused);
      CHECK(paused->granted.empty());
      CHECK(paused->enqueued == std::vector(w.enqueues.size(), enqueue_outcome::backlog_full));
      CHECK(a->stats()->paused);
      CHECK(q.server.command({"HGET", queue_name + ":ctl", "fingerprint"}) == *w.fingerprint);
      w.pause = false;
      const auto resumed = apply(*a, w);
      REQUIRE(resumed);
      CHECK(!resumed->paused);
      CHECK(resumed->granted.size() == 1);
      CHECK(!a->stats()->paused);
    }
    a->leave();
    CHECK(code_of(apply(*q.process())) == errc::other_destination);
    CHECK(apply(*q.process(0, "three")));
    check_layout(q.server);
  }
}

TEST_CASE("past maxmemory notes are written and removed, so that operators can make room", "[store][redis]") {
  redis_queue_under_test q;
  auto a = q.process();
  REQUIRE(a->put_note({"a", "text"}, "").value());
  REQUIRE(q.server.command({"CONFIG", "SET", "maxmemory-policy", "noeviction"}) == "OK");
  REQUIRE(q.server.command({"CONFIG", "SET", "maxmemory", "1"}) == "OK");
  CHECK(a->put_note({"b", "text"}, "").value());
  CHECK(a->put_note({"a", ""}, "text").value());
  CHECK(a->notes("") == std::vector<queue_note>{{"b", "text"}});
}

TEST_CASE("scripts that Redis forgets are loaded again", "[store][redis]") {
  redis_queue_under_test q;
  auto a = q.process();
  REQUIRE(put(*a, {make("x")}));
  REQUIRE(q.server.command({"SCRIPT", "FLUSH"}) == "OK");
  CHECK(put(*a, {make("y")})->enqueued.at(0) == enqueue_outcome::stored);
  REQUIRE(q.server.command({"SCRIPT", "FLUSH"}) == "OK");
  CHECK(a->stats()->ready == 20);
  check_layout(q.server);
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
    CHECK(signal_of(apply(*b)) == store_signal::watched); // it is heard
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
  check_layout(q.server);
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

TEST_CASE("in a cluster a queue stays on one node, and another node says so", "[store][redis]") {
  redis_server node{{"--cluster-enabled", "yes"}};
  redis_options where;
  where.host = "127.0.0.1";
  where.port = node.port();
  redis_store a{where, {}, "test"};
  const auto down = apply(a);
  REQUIRE(!down);
  CHECK(down.error().message == "Redis says: CLUSTERDOWN Hash slot not served");
  std::vector<std::string> all{"CLUSTER", "ADDSLOTS"};
  for (int slot = 0; slot < 16'384; ++slot)
    all.push_back(std::to_string(slot));
  REQUIRE(node.command(all) == "OK");
  REQUIRE(eventually([&] { return put(a, {make("x")}).has_value(); }));
  const auto leased = claim(a, 1);
  REQUIRE(leased.size() == 1);
  CHECK(settle_one(a, ack{lease_of(leased[0])})->settled[0] == settle_outcome::applied);
}

TEST_CASE("a node of a cluster that has passed the queue on is connected to anew", "[store][redis]") {
  redis_server node{{"--cluster-enabled", "yes"}}, other{{"--cluster-enabled", "yes"}};
  fault_proxy proxy{node.port()};
  std::vector<std::string> all{"CLUSTER", "ADDSLOTS"};
  for (int slot = 0; slot < 16'384; ++slot)
    all.push_back(std::to_string(slot));
  REQUIRE(node.command(all) == "OK");
  REQUIRE(node.command({"CLUSTER", "MEET", "127.0.0.1", std::to_string(other.port())}) == "OK");
  redis_options where;
  where.host = "127.0.0.1";
  where.port = proxy.port();
  redis_store a{where, {}, "test"};
  REQUIRE(eventually([&] { return put(a, {make("x")}).has_value(); }));
  const auto id = other.command({"CLUSTER", "MYID"});
  REQUIRE(eventually([&] { return node.command({"CLUSTER", "NODES"}).find(id) != std::string::npos; }));
  const auto slot = node.command({"CLUSTER", "KEYSLOT", queue_name});
  REQUIRE(node.command({"FLUSHALL"}) == "OK"); // as if its keys had been migrated
  REQUIRE(node.command({"CLUSTER", "SETSLOT", slot, "NODE", id}) == "OK");
  work_result moved = error{};
  for (int i = 0; i < 3; ++i) { // by a unit of work; by what comes before it
    const auto before = proxy.connections();
    moved = apply(a);
    REQUIRE(!moved);
    CHECK(moved.error().message.find("MOVED") != std::string::npos);
    CHECK(moved.error().message.find("which redis+cluster:// follows") != std::string::npos);
    CHECK(proxy.connections() == before + (i == 0 ? 0 : 1));
  }
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
  w.settlements = {nack{lease_of(leased[0]), 1h, {503, "busy"}}};
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
  CHECK(code_of(apply(*a, w)) == errc::store_failed);
  CHECK(proxy.faults() > 0);
  proxy.stall(false);
  proxy.half_open(false);
  w.settlements.insert(w.settlements.begin(), retain{{lease_of(leased[0])}});
  work_result done = error{};
  REQUIRE(eventually([&] {
    done = apply(*a, w);
    return done.has_value();
  }));
  CHECK(done->settled[1] == settle_outcome::applied);
  CHECK(done->enqueued == std::vector(2, enqueue_outcome::stored));
  CHECK(done->granted.size() == 1);
  const auto s = *a->stats();
  CHECK(s.stored == 30);
  CHECK(s.retry == 10);
  CHECK(s.in_flight == 10);
  CHECK(s.ready == 10);
  check_layout(q.server);
}

TEST_CASE("a Redis that accepts connections and never answers is given up within the deadline to connect",
          "[store][redis]") {
  redis_server server;
  redis_options where;
  where.host = "localhost";
  where.port = server.port();
  where.connect = 500ms;
  where.command = 1h;
  redis_store a{where, {}, "test"};
  SECTION("at once") {
    server.pause();
    const auto done = apply(a);
    CHECK(code_of(done) == errc::store_failed);
    CHECK(done.error().message.find("deadline") != std::string::npos);
    a.leave();
  }
  SECTION("by a process that ends") {
    REQUIRE(apply(a));
    server.pause();
    a.leave();
  }
  server.resume();
  redis_store b{where, {}, "test"};
  CHECK(eventually([&] { return apply(b).has_value() || signal_of(apply(b)) == store_signal::watched; }));
}

TEST_CASE("a Redis that answers a byte at a time, for ever, holds nothing up", "[store][redis]") {
  namespace asio = boost::asio;
  asio::io_context io;
  asio::ip::tcp::acceptor acceptor{io, {asio::ip::address_v4::loopback(), 0}};
  std::atomic<bool> over = false;
  std::thread server{[&] {
    while (!over) {
      asio::ip::tcp::socket client{io};
      acceptor.accept(client);
      boost::system::error_code gone;
      asio::write(client, asio::buffer("$1000000\r\n", 10), gone);
      pollfd client_goes{.fd = client.native_handle(), .events = POLLRDHUP, .revents = 0};
      while (!gone && !over && ::poll(&client_goes, 1, 10) == 0)
        asio::write(client, asio::buffer("x", 1), gone);
    }
  }};
  redis_options where;
  where.host = "127.0.0.1";
  where.port = acceptor.local_endpoint().port();
  where.connect = where.command = 300ms;
  redis_store a{where, {}, "test"};
  CHECK(code_of(apply(a)) == errc::store_failed);
  a.end_by(std::chrono::steady_clock::now());
  CHECK(code_of(apply(a)) == errc::store_failed);
  a.leave();
  over = true;
  asio::ip::tcp::socket last{io};
  last.connect(acceptor.local_endpoint());
  server.join();
}

TEST_CASE("a host of Redis that has no address is said so", "[store][redis]") {
  redis_options where;
  where.host = "no-such-host.invalid";
  redis_store a{where, {}, "test"};
  for (int again = 0; again < 2; ++again) {
    const auto done = apply(a);
    CHECK(code_of(done) == errc::store_failed);
    CHECK(done.error().field == "redis.host");
    CHECK(done.error().message.find("no-such-host.invalid") != std::string::npos);
  }
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

TEST_CASE("with redis.ack = fsync, stored means synced, or a server that cannot say so is told apart",
          "[store][redis]") {
  redis_queue_under_test q{{"--appendonly", "yes", "--appendfsync", "always"}};
  q.o.redis.ack = redis_ack::fsync;
  auto a = q.process();
  const auto done = put(*a, {make("x")});
  if (q.server.command({"COMMAND", "INFO", "WAITAOF"}) == "(nil)") { // Redis 7.0
    REQUIRE(!done);
    CHECK(done.error().field == "redis.ack");
    return;
  }
  REQUIRE(done);
  CHECK(q.server.command({"INFO", "commandstats"}).find("cmdstat_waitaof:calls=1,") != std::string::npos);
  q.server.kill();
  q.server.start();
  CHECK(eventually([&] { return a->stats().has_value(); }));
  CHECK(a->stats()->stored == 10);
}
