#include <map>
#include <set>

#include "core/persistence/partition.hpp"
#include "core/wire/event_chunk.hpp"
#include "core/wire/payload.hpp"
#include "store/make_store.hpp"
#include "store/redis/repartition.hpp"
#include "support/fault_proxy.hpp"
#include "support/pipeline.hpp"
#include "support/redis_cluster.hpp"
#include "unit/store/redis/queue_under_test.hpp"

// A change of the number of partitions in Redis: what is not alike in all stores, and what is cut short.

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

namespace {

options in_partitions(options o, std::size_t n) {
  o.queue.partitions = n;
  o.ordering = delivery_order::per_user;
  return o;
}

redis_options at(std::uint16_t port) {
  redis_options where;
  where.host = "127.0.0.1";
  where.port = port;
  where.command = 1s;
  return where;
}

// The `n`th batch: an event of each of ten users.
batch_ptr users_batch(int n) {
  payload_sealer sealer;
  event_chunk all;
  for (int u = 0; u < 10; ++u)
    all.append(R"({"messageId":")" + std::to_string(u) + "-" + std::to_string(n) + R"(","userId":"user-)" +
                   std::to_string(u) + "\"}",
               nullptr);
  return std::make_shared<const batch>(
      batch{.id = "abc-" + std::to_string(n), .events = 10, .payload = sealer.seal(all.bytes, true, {})});
}

// A queue in one partition: batches in every state, of a process that has ended in order.
void fill(store& s, int batches = 12) {
  unit_of_work w{.incarnation = "abc", .slots = 3};
  for (int n = 0; n < batches; ++n)
    w.enqueues.push_back(users_batch(n));
  const auto leased = s.apply(w);
  REQUIRE(leased);
  REQUIRE(leased->granted.size() == 3);
  unit_of_work then{.incarnation = "abc"};
  then.settlements = {ack{lease_of(leased->granted[0])}, bury{lease_of(leased->granted[1]), {400, "no"}},
                      nack{lease_of(leased->granted[2]), 1h, {503, "later"}}};
  REQUIRE(s.apply(then));
  s.leave();
}

// Every event that is ready, by user.
std::map<std::string, std::vector<std::string>> ready_in(store& s, std::size_t partitions) {
  std::map<std::string, std::vector<std::string>> found;
  for (std::size_t p = 0; p < partitions; ++p)
    for (bool more = true; more;) {
      const auto some = s.apply({.partition = p, .incarnation = "def", .slots = 100});
      REQUIRE(some);
      for (const auto& b : some->granted)
        for (const auto& id : *message_ids_of(*b.content->payload)) {
          const auto user = id.substr(0, id.find('-'));
          CHECK(partition_of_user("user-" + user, partitions) == p);
          found[user].push_back(id);
        }
      more = !some->granted.empty();
    }
  return found;
}

// What `fill` leaves, in so many partitions.
void check_filled(store& s, std::size_t partitions, int batches = 12) {
  const auto stats = s.stats();
  REQUIRE(stats);
  CHECK(stats->stored == 10 * static_cast<std::uint64_t>(batches));
  CHECK(stats->delivered == 10);
  CHECK(stats->dead == 10);
  CHECK(stats->retry == 10);
  CHECK(stats->in_flight == 0);
  CHECK(stats->stored == stats->delivered + stats->dead + stats->retry + stats->ready);
  const auto found = ready_in(s, partitions);
  CHECK(found.size() == 10);
  for (const auto& [user, ids] : found) {
    std::vector<std::string> all;
    for (int n = 3; n < batches; ++n)
      all.push_back(user + "-" + std::to_string(n));
    CHECK(ids == all);
  }
}

// A change that has begun in the first partition, and goes no further.
void begin_change(const redis_server& server, const options& next, const std::string& token,
                  std::string_view ordering = "per_user") {
  redis_connection mover{at(server.port())};
  const auto begun =
      mover.run_one(redis_script::begin_repartition, redis_keys{next.queue},
                    {token, "0", "1", std::to_string(next.queue.partitions), "3000", redis_schema, ordering, "", ""});
  REQUIRE(begun);
  REQUIRE(begun->value()[0].text() == "ok");
}

} // namespace

TEST_CASE("a change of the partitions may be cut at any byte, and goes on when it is called again",
          "[store][redis][partitions]") {
  redis_queue_under_test q;
  q.o.queue.is_multi_processor = true; // nobody has to wait for its lock
  const auto [before, after] = GENERATE(std::pair{1U, 5U}, std::pair{5U, 2U});
  const auto fresh = [&] {
    q.server.command({"FLUSHALL"});
    q.o = in_partitions(q.o, 1);
    q.o.ordering = delivery_order::none;
    fill(*q.process());
    if (before > 1)
      REQUIRE(repartition_redis(at(q.server.port()), in_partitions(q.o, before)));
    q.o = in_partitions(q.o, after);
  };
  std::size_t begun = 0, half_done = 0;
  const auto goes_through = [&](std::size_t bytes) {
    fresh();
    fault_proxy proxy{q.server.port()};
    proxy.cut_in_reply(bytes);
    const auto first = repartition_redis(at(proxy.port()), q.o);
    if (first && proxy.faults() == 0)
      return true;
    INFO("cut after " << bytes << " bytes: " << (first ? "" : first.error().message));
    begun += q.server.command({"HEXISTS", queue_name + ":ctl", "mover"}) == "1" ? 1 : 0;
    half_done += q.server.command({"HGET", partition_name(1) + ":ctl", "partitions"}) == std::to_string(after) ? 1 : 0;
    const auto again = repartition_redis(at(q.server.port()), q.o);
    if (!again)
      FAIL(again.error().message);
    const auto next = q.process();
    check_filled(*next, after);
    check_layout(q.server);
    next->leave();
    return false;
  };
  std::size_t bytes = 1'000; // behind the answers to the scripts
  // Finer towards the end, where answers are short: the last ones have four bytes.
  for (const auto& [step, back] : {std::pair{997U, 1'057U}, {97U, 157U}, {11U, 24U}, {1U, 0U}}) {
    while (!goes_through(bytes))
      bytes += step;
    bytes -= back;
  }
  CHECK(begun > 10);
  CHECK(half_done > 0);
}

TEST_CASE("while the partitions change, and after that, no process of before comes in", "[store][redis][partitions]") {
  redis_queue_under_test q;
  q.o.queue.is_multi_processor = true;
  auto sleeping = q.process();
  REQUIRE(put(*sleeping, {make("a-1")}));
  q.o.queue.enqueue_only = true;
  auto enqueuer = q.process();
  REQUIRE(put(*enqueuer, {make("a-2")}));
  q.o.queue.enqueue_only = false;
  const auto next = in_partitions(q.o, 4);
  CHECK(repartition_redis(at(q.server.port()), next).error().code == errc::queue_taken);
  const auto who = q.server.command({"ZRANGE", queue_name + ":owners", "0", "-1"});
  q.server.command({"ZADD", queue_name + ":owners", "1", who}); // silent since long

  begin_change(q.server, next, "somebody");
  const auto refused = [&](store& s) {
    const auto done = put(s, {make("a-3")});
    return done ? error{} : error{done.error()};
  };
  const auto fresh = q.process();
  for (auto* s : {sleeping.get(), enqueuer.get(), fresh.get()}) {
    const auto why = refused(*s);
    CHECK(why.code == errc::not_a_queue);
    CHECK(why.message.find("run `sluice repartition` again") != std::string::npos);
  }
  options o = q.o;
  o.persistence = q.server.url();
  const auto admin = make_queue_admin(o);
  REQUIRE(admin);
  CHECK((*admin)->stats().error().field == "queue.partitions");

  const auto other = repartition_redis(at(q.server.port()), in_partitions(q.o, 5));
  REQUIRE(!other);
  CHECK(other.error().message.find("must be 4, not 5") == 0);
  REQUIRE(repartition_redis(at(q.server.port()), next));
  for (auto* s : {sleeping.get(), enqueuer.get()})
    CHECK(refused(*s).message.find("must be 4, not 1") == 0);
  q.o = next;
  CHECK(q.process()->stats()->ready == 20);
}

TEST_CASE("two calls do not change the partitions together", "[store][redis][partitions]") {
  redis_queue_under_test q;
  fill(*q.process());
  const auto next = in_partitions(q.o, 4);
  begin_change(q.server, next, "first");
  begin_change(q.server, next, "second");
  redis_connection late{at(q.server.port())};
  REQUIRE(late.open());
  const redis_keys keys{q.o.queue};
  const auto before = content(q.server);
  for (const auto script :
       {redis_script::list_batches, redis_script::move_in, redis_script::move_out, redis_script::end_repartition}) {
    const auto refused = late.run_one(script, keys, {"first", "0", "4", "0"});
    REQUIRE(!refused);
    CHECK(refused.error().message.find("another call changes the number of partitions") != std::string::npos);
  }
  CHECK(content(q.server) == before);
}

TEST_CASE("a change goes on only with the order that it was begun with", "[store][redis][partitions]") {
  redis_queue_under_test q;
  fill(*q.process());
  auto next = in_partitions(q.o, 4);
  const bool by_user = GENERATE(false, true);
  begin_change(q.server, next, "first", by_user ? "per_user" : "none");
  next.ordering = by_user ? delivery_order::none : delivery_order::per_user;
  const auto refused = repartition_redis(at(q.server.port()), next);
  REQUIRE(!refused);
  CHECK(refused.error().field == "ordering");
  CHECK(refused.error().message.find(by_user ? "must be per_user" : "must not be per_user") == 0);
  next.ordering = by_user ? delivery_order::per_user : delivery_order::none;
  CHECK(repartition_redis(at(q.server.port()), next));
}

TEST_CASE("what operators do has to wait for the end of a change", "[store][redis][partitions]") {
  redis_queue_under_test q;
  fill(*q.process());
  redis_admin admin{at(q.server.port()), q.o};
  const auto dead = admin.list_dead("", 10);
  REQUIRE(dead);
  begin_change(q.server, in_partitions(q.o, 4), "first");
  const auto before = content(q.server);
  for (const auto& refused : {admin.replay_dead({dead->at(0).id}), admin.purge_dead({dead->at(0).id}),
                              admin.replay_dead({}), admin.purge_dead({})}) {
    REQUIRE(!refused);
    CHECK(refused.error().message.find("the number of partitions is being changed") != std::string::npos);
  }
  CHECK(!admin.set_paused(true));
  CHECK(!admin.put_note({"n", "text"}, ""));
  CHECK(content(q.server) == before);
}

TEST_CASE("partitions are not changed if one of them cannot be", "[store][redis][partitions]") {
  redis_queue_under_test q;
  fill(*q.process());
  error expected;
  auto next = in_partitions(q.o, 4);
  SECTION("a name is taken") {
    q.server.command(
        {"HSET", partition_name(3) + ":ctl", "schema", std::string{redis_schema}, "part", "0", "partitions", "1"});
    expected = {errc::not_a_queue, "queue.name", partition_name(3) + " is a queue by itself"};
  }
  SECTION("one is of another version") {
    q.server.command({"HSET", partition_name(2) + ":ctl", "schema", "3", "part", "2", "partitions", "4"});
    expected = {errc::not_a_queue, "queue.name", partition_name(2) + " was made by another version"};
  }
  SECTION("a process lives in one") {
    q.server.command({"SET", partition_name(1) + ":owner", std::string(32, 'a') + ":17:web"});
    expected = {errc::queue_taken, "queue.name", partition_name(1) + " is processed by process 17 on web"};
  }
  SECTION("one is for another destination") {
    q.server.command({"HSET", partition_name(1) + ":ctl", "schema", std::string{redis_schema}, "part", "1",
                      "partitions", "4", "fingerprint", "elsewhere"});
    expected = {errc::other_destination, "queue.name", partition_name(1) + " holds events for another destination"};
  }
  SECTION("it would break the order of users") {
    q.server.command({"HSET", queue_name + ":ctl", "ordering", "per_user"});
    next.ordering = delivery_order::none;
    expected = {errc::not_a_queue, "ordering", "must be per_user"};
  }
  SECTION("it is a partition") {
    q.server.command({"HSET", queue_name + ":ctl", "part", "1"});
    expected = {errc::not_a_queue, "queue.name", queue_name + " is partition 1 of another queue"};
  }
  const auto before = content(q.server);
  const auto refused = repartition_redis(at(q.server.port()), next);
  REQUIRE(!refused);
  CHECK(refused.error().code == expected.code);
  CHECK(refused.error().field == expected.field);
  CHECK(refused.error().message.find(expected.message) == 0);
  CHECK(content(q.server) == before);
}

TEST_CASE("a batch leaves its partition only when it is as safe in the next one as is asked for",
          "[store][redis][partitions]") {
  redis_queue_under_test q;
  fill(*q.process());
  q.o = in_partitions(q.o, 4);
  auto where = at(q.server.port());
  where.wait_replicas = 1;
  const auto refused = repartition_redis(where, q.o);
  REQUIRE(!refused);
  CHECK(refused.error().field == "redis.wait_replicas");
  for (int n = 3; n < 12; ++n)
    CHECK(q.server.command({"HEXISTS", queue_name + ":m", users_batch(n)->id}) == "1");
  REQUIRE(repartition_redis(at(q.server.port()), q.o));
  check_filled(*q.process(), 4);
}

TEST_CASE("what was in flight at a crash, or has lost its payload, is in its new partition",
          "[store][redis][partitions]") {
  redis_queue_under_test q;
  auto crashes = q.process();
  REQUIRE(put(*crashes, {users_batch(1), users_batch(2), users_batch(3)}));
  REQUIRE(claim(*crashes, 1).size() == 1);
  q.expire_owner();
  q.server.command({"DEL", queue_name + ":b:abc-2"});
  q.o = in_partitions(q.o, 4);
  const auto done = repartition_redis(at(q.server.port()), q.o);
  REQUIRE(done);
  CHECK(done->divided == 2);
  CHECK(done->moved == 1);
  const auto next = q.process();
  CHECK(next->stats()->ready == 30);
  std::uint32_t buried = 0;
  for (std::size_t p = 0; p < 4; ++p) {
    const auto some = next->apply({.partition = p, .incarnation = "def", .slots = 8});
    REQUIRE(some);
    for (const auto& b : some->buried)
      buried += b.events;
  }
  CHECK(buried == 10);
  CHECK(next->stats()->in_flight == 20);
}

TEST_CASE("a user of Redis with the documented rights may change the partitions", "[store][redis][partitions]") {
  redis_queue_under_test q;
  fill(*q.process());
  auto user = documented_user();
  user.push_back("~" + queue_name.substr(0, queue_name.size() - 1) + ":*");
  REQUIRE(q.server.command(user) == "OK");
  auto where = at(q.server.port());
  where.username = "someone";
  where.password = "word";
  for (const std::size_t n : {4U, 2U}) {
    const auto done = repartition_redis(where, in_partitions(q.o, n));
    if (!done)
      FAIL(done.error().message);
  }
  q.o = in_partitions(q.o, 2);
  check_filled(*q.process(), 2);
}

TEST_CASE("partitions are changed across the nodes of a cluster", "[store][redis][partitions]") {
  redis_cluster cluster{3};
  redis_options where;
  where.cluster.nodes = cluster.nodes();
  where.connect = 2s;
  where.command = 10s;
  options o;
  fill(*std::make_unique<redis_store>(where, o, "test"), 200);
  for (const std::size_t n : {16U, 3U, 16U}) {
    o = in_partitions(o, n);
    const auto done = repartition_redis(where, o);
    if (!done)
      FAIL(done.error().message);
    CHECK(done->divided > 0);
  }
  for (std::size_t i = 0; i < cluster.size(); ++i) {
    CHECK(cluster.server(i).keys().size() > 10);
    check_layout(cluster.server(i));
  }
  check_filled(*std::make_unique<redis_store>(where, o, "test"), 16, 200);
}
