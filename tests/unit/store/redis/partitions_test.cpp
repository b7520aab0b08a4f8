#include <algorithm>
#include <set>
#include <thread>

#include "store/make_store.hpp"
#include "support/fault_proxy.hpp"
#include "support/pipeline.hpp"
#include "support/redis_cluster.hpp"
#include "support/redis_monitor.hpp"
#include "unit/store/redis/queue_under_test.hpp"

// A queue in Redis whose partitions go over one connection, or over one each in a cluster.

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t many = 16;

// The `n`th batch of a partition of so many.
batch_ptr batch_for(std::size_t partition, std::size_t n = 1, std::size_t partitions = many) {
  return make("p-" + std::to_string(partition + n * partitions));
}

// A unit for each partition.
std::vector<unit_of_work> units_for(const store& of, std::size_t partitions = many) {
  std::vector<unit_of_work> units(partitions);
  for (std::size_t p = 0; p < partitions; ++p) {
    units[p].partition = p;
    units[p].incarnation = incarnation_of(of);
  }
  return units;
}

// Stores the `n`th batch of each.
std::vector<unit_of_work> to_put(const store& of, std::size_t n = 1, std::size_t partitions = many) {
  auto units = units_for(of, partitions);
  for (auto& u : units)
    u.enqueues = {batch_for(u.partition, n, partitions)};
  return units;
}

std::vector<unit_of_work> to_claim(const store& of, std::size_t partitions = many) {
  auto units = units_for(of, partitions);
  for (auto& u : units)
    u.slots = 8;
  return units;
}

std::size_t applied(const std::vector<work_result>& results) {
  return static_cast<std::size_t>(
      std::count_if(results.begin(), results.end(), [](const work_result& r) { return r.has_value(); }));
}

std::size_t granted(const std::vector<work_result>& results) {
  std::size_t n = 0;
  for (const auto& r : results)
    n += r ? r->granted.size() : 0;
  return n;
}

std::size_t waiting(const redis_server& server, std::size_t partitions = many) {
  std::size_t n = 0;
  for (std::size_t p = 0; p < partitions; ++p)
    n += std::stoul(server.command({"ZCARD", partition_name(p) + ":ready"}));
  return n;
}

std::chrono::milliseconds time_of(const std::function<void()>& f) {
  const auto begin = std::chrono::steady_clock::now();
  f();
  return std::chrono::ceil<milliseconds>(std::chrono::steady_clock::now() - begin);
}

struct cluster_under_test {
  cluster_under_test() {
    o.queue.partitions = many;
    o.queue.owner_ttl = 3s;
    where.cluster.nodes = cluster.nodes();
    where.connect = 2s;
    where.command = 10s;
  }
  redis_server* home_of(std::size_t partition) { return cluster.serving(partition_name(partition) + ":ctl"); }
  // The partitions in this server.
  std::set<std::size_t> partitions_in(const redis_server& server) {
    std::set<std::size_t> found;
    for (std::size_t p = 0; p < many; ++p)
      if (home_of(p) == &server)
        found.insert(p);
    return found;
  }

  redis_cluster cluster{3};
  redis_options where;
  options o;
};

} // namespace

TEST_CASE("the units of all partitions in one server take one round trip", "[store][redis][partitions]") {
  redis_queue_under_test q;
  q.o.queue.partitions = many;
  q.o.queue.is_multi_processor = GENERATE(false, true);
  q.o.queue.lease = 1h;
  fault_proxy proxy{q.server.port()};
  auto a = q.process(proxy.port());
  REQUIRE(applied(a->apply_all(to_put(*a, 1))) == many);
  CHECK(proxy.connections() == 1);
  proxy.stall(true); // no answer arrives
  std::vector<work_result> results;
  std::thread other{[&] { results = a->apply_all(to_put(*a, 2)); }};
  const bool all_sent = eventually([&] { return waiting(q.server) == 2 * many; });
  proxy.stall(false);
  other.join();
  CHECK(all_sent);
  CHECK(applied(results) == many);
  CHECK(granted(a->apply_all(to_claim(*a))) == 2 * many);
  CHECK(proxy.connections() == 1);
  check_layout(q.server);
}

TEST_CASE("a session of all partitions begins in as many round trips as that of one", "[store][redis][partitions]") {
  redis_queue_under_test q;
  q.o.queue.partitions = many;
  auto a = q.process();
  REQUIRE(applied(a->apply_all(to_put(*a))) == many);
  q.server.command({"CLIENT", "KILL", "TYPE", "normal"});
  redis_monitor monitor{q.server};
  REQUIRE(eventually([&] { return applied(a->apply_all(units_for(*a))) == many; }));
  // Of every kind of call all stand together: a new one begins when all partitions have their answer to the last.
  std::vector<std::string> kinds;
  for (const auto& command : monitor.commands())
    if (command[0] == "EVALSHA" && (kinds.empty() || kinds.back() != command[1]))
      kinds.push_back(command[1]);
  CHECK(kinds.size() == 3); // acquire, reclaim, apply
}

TEST_CASE("a connection that breaks fails the units that have no answer, and no others", "[store][redis][partitions]") {
  redis_queue_under_test q;
  q.o.queue.partitions = many;
  fault_proxy proxy{q.server.port()};
  auto a = q.process(proxy.port());
  REQUIRE(applied(a->apply_all(units_for(*a))) == many);
  proxy.cut_in_reply(300);
  const auto results = a->apply_all(to_put(*a));
  const auto first_failure = std::find_if(results.begin(), results.end(), [](const auto& r) { return !r; });
  CHECK(first_failure != results.begin());
  CHECK(first_failure != results.end());
  CHECK(std::none_of(first_failure, results.end(), [](const auto& r) { return r.has_value(); }));
  CHECK(applied(a->apply_all(to_put(*a))) == many);
  CHECK(a->stats()->stored == 10 * many);
  check_layout(q.server);
}

TEST_CASE("a partition whose keys are something else fails alone", "[store][redis][partitions]") {
  redis_queue_under_test q;
  q.o.queue.partitions = many;
  auto a = q.process();
  REQUIRE(applied(a->apply_all(units_for(*a))) == many);
  REQUIRE(q.server.command({"SET", partition_name(3) + ":ready", "mine"}) == "OK");
  const auto results = a->apply_all(to_put(*a));
  CHECK(applied(results) == many - 1);
  CHECK(code_of(results[3]) == errc::not_a_queue);
}

TEST_CASE("scripts that a server has forgotten are loaded once for all partitions", "[store][redis][partitions]") {
  redis_queue_under_test q;
  q.o.queue.partitions = many;
  auto a = q.process();
  REQUIRE(applied(a->apply_all(to_put(*a))) == many);
  REQUIRE(q.server.command({"SCRIPT", "FLUSH"}) == "OK");
  redis_monitor monitor{q.server};
  CHECK(applied(a->apply_all(to_put(*a, 2))) == many);
  std::size_t loaded = 0;
  for (const auto& command : monitor.commands())
    loaded += command[0] == "SCRIPT" ? 1 : 0;
  CHECK(loaded == redis_scripts.size());
}

TEST_CASE("each partition notices that Redis went back", "[store][redis][partitions]") {
  redis_queue_under_test q;
  q.o.queue.partitions = 3;
  auto a = q.process();
  REQUIRE(applied(a->apply_all(to_put(*a, 1, 3))) == 3);
  REQUIRE(q.server.command({"FLUSHALL"}) == "OK");
  for (const auto& r : a->apply_all(to_put(*a, 2, 3)))
    CHECK(signal_of(r) == store_signal::went_back);
  CHECK(applied(a->apply_all(to_put(*a, 2, 3))) == 3);
  CHECK(a->stats()->stored == 30);
}

TEST_CASE("replicas are waited for once, by the units to which it matters", "[store][redis][partitions]") {
  redis_queue_under_test q;
  q.o.queue.partitions = many;
  q.o.redis.wait_replicas = 1;
  q.o.redis.command = 400ms;
  auto a = q.process();
  auto units = to_put(*a);
  units[2].enqueues.clear();
  const auto results = a->apply_all(units);
  CHECK(applied(results) == 1);
  CHECK(results[2].has_value());
  CHECK(results[0].error().message == "only 0 replicas have what was stored");
  CHECK(q.server.command({"INFO", "commandstats"}).find("cmdstat_wait:calls=1,") != std::string::npos);
}

TEST_CASE("a payload that is missing in one partition does not keep another's from being delivered",
          "[store][redis][partitions]") {
  redis_queue_under_test q;
  q.o.queue.partitions = many;
  auto a = q.process();
  REQUIRE(applied(a->apply_all(to_put(*a, 1))) == many);
  REQUIRE(applied(a->apply_all(to_put(*a, 2))) == many);
  REQUIRE(q.server.command({"DEL", partition_name(5) + ":b:" + batch_for(5)->id}) == "1");
  auto units = units_for(*a);
  for (auto& u : units)
    u.slots = 1;
  const auto results = a->apply_all(units);
  REQUIRE(applied(results) == many);
  for (std::size_t p = 0; p < many; ++p) {
    REQUIRE(results[p]->granted.size() == 1);
    CHECK(results[p]->granted[0].content->id == batch_for(p, p == 5 ? 2 : 1)->id);
    CHECK(results[p]->granted[0].content->payload->size() == 100);
    CHECK(results[p]->buried.size() == (p == 5 ? 1 : 0));
  }
  CHECK(*a->purge_dead({}) == 10);
  check_layout(q.server);
}

TEST_CASE("a process that leaves makes way in all partitions", "[store][redis][partitions]") {
  redis_queue_under_test q;
  q.o.queue.partitions = many;
  q.o.queue.is_multi_processor = GENERATE(false, true);
  q.o.queue.owner_ttl = 1h;
  q.o.queue.lease = 2h;
  auto a = q.process();
  auto units = to_put(*a);
  for (auto& u : units)
    u.slots = 1;
  REQUIRE(granted(a->apply_all(units)) == many);
  if (GENERATE(false, true)) // without its noticing
    q.server.command({"CLIENT", "KILL", "TYPE", "normal"});
  a->leave();
  auto b = q.process();
  const auto results = b->apply_all(to_claim(*b));
  CHECK(granted(results) == many);
  CHECK(b->stats()->owners.size() == 1);
  for (std::size_t p = 0; p < many; ++p)
    CHECK(q.server.command({"HLEN", partition_name(p) + ":sessions"}) == "1");
}

TEST_CASE("processes share a queue in partitions, and take over from one that is too slow in each",
          "[store][redis][partitions]") {
  redis_queue_under_test q;
  q.o.queue.partitions = many;
  q.o.queue.is_multi_processor = true;
  q.o.queue.lease = 2s;
  auto a = q.process(), b = q.process();
  REQUIRE(applied(a->apply_all(to_put(*a, 1))) == many);
  REQUIRE(applied(b->apply_all(to_put(*b, 2))) == many);
  auto units = units_for(*a);
  for (auto& u : units)
    u.slots = 1;
  const auto of_a = a->apply_all(units);
  CHECK(granted(of_a) == many);
  CHECK(granted(b->apply_all(to_claim(*b))) == many);
  CHECK(a->stats()->owners.size() == 2);
  std::size_t taken_over = 0;
  REQUIRE(eventually([&] {
    auto extending = to_claim(*b);
    taken_over += granted(b->apply_all(extending));
    return taken_over >= 2 * many; // its own leases were not extended, either
  }));
  for (std::size_t p = 0; p < many; ++p) {
    units[p] = unit_of_work{.partition = p, .incarnation = incarnation_of(*a)};
    units[p].settlements = {ack{lease_of(of_a[p]->granted.at(0))}};
  }
  for (const auto& r : a->apply_all(units))
    CHECK(r->settled == std::vector{settle_outcome::stale});
  check_layout(q.server);
}

TEST_CASE("a process that only enqueues does so in all partitions", "[store][redis][partitions]") {
  redis_queue_under_test q;
  q.o.queue.partitions = many;
  q.o.queue.enqueue_only = true;
  auto other = q.process();
  REQUIRE(applied(other->apply_all(to_put(*other))) == many);
  q.o.queue.enqueue_only = false;
  auto owner = q.process();
  CHECK(granted(owner->apply_all(to_claim(*owner))) == many);
  REQUIRE(applied(other->apply_all(to_put(*other, 2))) == many);
  auto units = units_for(*other);
  for (auto& u : units) {
    u.settlements = {retain{}, ack{{batch_for(u.partition)->id, 1}}};
    u.wants_ended = true;
  }
  for (const auto& r : other->apply_all(units))
    CHECK(r->settled == std::vector{settle_outcome::applied, settle_outcome::stale});
  CHECK(owner->stats()->in_flight == 10 * many);
  check_layout(q.server);
}

TEST_CASE("a queue in Redis has the number of partitions that it was made with, and nothing is touched otherwise",
          "[store][redis][partitions]") {
  redis_queue_under_test q;
  const auto made_with = GENERATE(std::size_t{1}, std::size_t{3});
  q.o.queue.partitions = made_with;
  auto a = q.process();
  REQUIRE(applied(a->apply_all(to_put(*a, 1, made_with))) == made_with);
  a->leave();
  const auto before = content(q.server);
  q.o.queue.enqueue_only = GENERATE(false, true);
  for (const std::size_t other : {std::size_t{1}, std::size_t{2}, std::size_t{3}, many}) {
    if (other == made_with)
      continue;
    q.o.queue.partitions = other;
    for (const auto first : {std::size_t{0}, other - 1}) {
      auto b = q.process();
      unit_of_work u{.partition = first};
      u.enqueues = {batch_for(first, 2, other)};
      const auto refused = apply(*b, u);
      REQUIRE(!refused);
      CHECK(refused.error().code == errc::not_a_queue);
      CHECK(refused.error().field == "queue.partitions");
      CHECK(refused.error().message == "must be " + std::to_string(made_with) + ", not " + std::to_string(other) +
                                           ": " + queue_name + " was made with " +
                                           (made_with == 1 ? "1 partition" : "3 partitions") +
                                           "; `sluice repartition` changes it while nothing runs");
      for (const auto& r : b->apply_all(to_put(*b, 2, other)))
        CHECK(code_of(r) == errc::not_a_queue);
      b->leave();
    }
  }
  CHECK(content(q.server) == before);
}

TEST_CASE("a queue is not taken for a partition of another, nor the other way round", "[store][redis][partitions]") {
  redis_queue_under_test q;
  const auto name = q.o.queue.name;
  q.o.queue.is_multi_processor = GENERATE(false, true);
  q.o.queue.enqueue_only = GENERATE(false, true);
  store_error why;
  std::string before;
  SECTION("the partition is there") {
    q.o.queue.partitions = 3;
    auto a = q.process();
    REQUIRE(applied(a->apply_all(to_put(*a, 1, 3))) == 3);
    before = content(q.server);
    q.o.queue.partitions = 1;
    q.o.queue.name = name + ":1";
    why = put(*q.process(), {make("x")}).error();
    CHECK(why.message.find("is partition 1 of another queue; use another name") != std::string::npos);
    q.o.persistence = q.server.url();
    const auto admin = make_queue_admin(q.o).value();
    CHECK(admin->stats().error().code == errc::not_a_queue);
    CHECK(admin->set_paused(true).error().code == errc::not_a_queue);
    CHECK(content(q.server) == before);
  }
  SECTION("the queue is there") {
    q.o.queue.name = name + ":1";
    auto a = q.process();
    REQUIRE(put(*a, {make("x")}));
    before = q.server.command({"HGETALL", partition_name(1) + ":ctl"});
    q.o.queue.partitions = 3;
    q.o.queue.name = name;
    auto b = q.process();
    const auto results = b->apply_all(to_put(*b, 1, 3));
    REQUIRE(!results[1]);
    why = results[1].error();
    CHECK(why.message.find("is a queue by itself, and would be partition 1 of this one") != std::string::npos);
    CHECK(q.server.command({"HGETALL", partition_name(1) + ":ctl"}) == before);
  }
  CHECK(why.code == errc::not_a_queue);
  CHECK(why.field == "queue.name");
}

TEST_CASE("operators need not know how many partitions a queue in Redis has", "[store][redis][partitions]") {
  redis_queue_under_test q;
  q.o.queue.partitions = 3;
  auto a = q.process();
  REQUIRE(applied(a->apply_all(to_put(*a, 1, 3))) == 3);
  for (const auto& r : a->apply_all(to_claim(*a, 3))) {
    unit_of_work u{.partition = partition_of(r->granted.at(0).content->id, 3)};
    u.settlements = {bury{lease_of(r->granted[0]), {.status = 400, .reason = "no"}}};
    REQUIRE(apply(*a, u));
  }
  options o; // as from a command line that names the server
  o.persistence = q.server.url();
  const auto admin = make_queue_admin(o).value();
  CHECK(admin->stats()->dead == 30);
  CHECK(admin->stats()->owners.size() == 1);
  CHECK(admin->list_dead("", 10)->size() == 3);
  const auto letter = admin->show_dead(batch_for(2, 1, 3)->id);
  REQUIRE(letter);
  CHECK(letter->payload->size() == 100);
  CHECK(*admin->replay_dead({batch_for(1, 1, 3)->id}) == 10);
  CHECK(*admin->purge_dead({}) == 20);
  REQUIRE(admin->set_paused(true));
  for (const auto& r : a->apply_all(to_claim(*a, 3))) {
    CHECK(r->paused);
    CHECK(r->granted.empty());
  }
}

TEST_CASE("a partition that is still to be made is empty, and paused with the others", "[store][redis][partitions]") {
  redis_queue_under_test q;
  q.o.queue.partitions = 3;
  auto a = q.process();
  REQUIRE(put(*a, {make("p-0")}));
  options o;
  o.persistence = q.server.url();
  const auto admin = make_queue_admin(o).value();
  CHECK(admin->stats()->stored == 10);
  CHECK(admin->list_dead("", 10)->empty());
  CHECK(*admin->purge_dead({}) == 0);
  REQUIRE(admin->set_paused(true));
  for (const auto& r : a->apply_all(to_put(*a, 1, 3)))
    CHECK(r->paused);
}

TEST_CASE("the partitions of a queue lie on several nodes of a cluster, and a node that fails stops its own",
          "[store][redis][cluster][partitions]") {
  cluster_under_test c;
  redis_store a{c.where, c.o, "test"};
  REQUIRE(applied(a.apply_all(to_put(a))) == many);
  const std::size_t nodes = 3;
  for (std::size_t i = 0; i < nodes; ++i) {
    CHECK(!c.partitions_in(c.cluster.server(i)).empty());
    check_layout(c.cluster.server(i));
  }
  auto& lost = *c.home_of(0); // also that of the first partition
  const auto its = c.partitions_in(lost);
  lost.kill();
  for (std::size_t n = 2; n < 5; ++n) {
    std::vector<work_result> results;
    CHECK(time_of([&] { results = a.apply_all(to_put(a, n)); }) < 1s);
    for (std::size_t p = 0; p < many; ++p) {
      CAPTURE(p, n);
      CHECK(results[p].has_value() != (its.count(p) == 1));
      CHECK((results[p] || results[p].error().code == errc::store_failed));
    }
  }
  lost.start();
  REQUIRE(eventually([&] { return applied(a.apply_all(to_put(a, 5))) == many; }));
}

TEST_CASE("a node of a cluster that is silent is waited for once, and its partitions fail alone",
          "[store][redis][cluster][partitions]") {
  cluster_under_test c;
  auto& silent = *c.home_of(0);
  const auto its = c.partitions_in(silent);
  REQUIRE(its.size() >= 3);
  redis_store a{c.where, c.o, "test"};
  REQUIRE(applied(a.apply_all(to_put(a))) == many);
  const auto only_its_own_fail = [&](const std::vector<work_result>& results) {
    for (std::size_t p = 0; p < many; ++p)
      if (results[p].has_value() == (its.count(p) == 1))
        return false;
    return true;
  };
  SECTION("connections to it are still to be made") {
    silent.command({"CLIENT", "KILL", "TYPE", "normal"});
    silent.pause();
    std::vector<work_result> results;
    CHECK(time_of([&] { results = a.apply_all(to_put(a, 2)); }) < c.where.connect + 500ms);
    CHECK(only_its_own_fail(results));
  }
  SECTION("units are sent to it") {
    c.where.command = 500ms;
    redis_store b{c.where, c.o, "test"};
    a.leave();
    REQUIRE(applied(b.apply_all(to_put(b))) == many);
    silent.pause();
    std::vector<work_result> results;
    CHECK(time_of([&] { results = b.apply_all(to_put(b, 2)); }) < 1s); // not half a second for each
    CHECK(only_its_own_fail(results));
  }
  silent.resume();
}

TEST_CASE("a partition whose slot has moved is followed in the same call", "[store][redis][cluster][partitions]") {
  cluster_under_test c;
  redis_store a{c.where, c.o, "test"};
  REQUIRE(applied(a.apply_all(to_put(a))) == many);
  auto& from = *c.home_of(5);
  auto& to = c.cluster.server(&from == &c.cluster.server(0) ? 1 : 0);
  c.cluster.move(from.command({"CLUSTER", "KEYSLOT", partition_name(5) + ":ctl"}), from, to);
  CHECK(applied(a.apply_all(to_put(a, 2))) == many);
  CHECK(a.stats()->stored == 20 * many);
  for (std::size_t i = 0; i < 3; ++i)
    check_layout(c.cluster.server(i));
  options o;
  o.persistence = "redis+cluster://" + c.cluster.nodes();
  CHECK(make_queue_admin(o).value()->stats()->stored == 20 * many);
  a.leave();
  redis_store b{c.where, c.o, "test"};
  CHECK(granted(b.apply_all(to_claim(b))) == 2 * many);
}
