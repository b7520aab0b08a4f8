#include "store/redis/keys.hpp"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include "core/persistence/partition.hpp"
#include "core/wire/payload.hpp"
#include "store/redis/repartition.hpp"
#include "support/pipeline.hpp"
#include "support/redis_monitor.hpp"
#include "unit/store/redis/queue_under_test.hpp"

using namespace sluice;
using namespace sluice::test;

namespace {

std::string upper(std::string word) {
  std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return std::toupper(c); });
  return word;
}

// The keys of a command in a script.
std::set<std::string> keys_of(const std::vector<std::string>& command) {
  const std::set<std::string> of_many{"DEL", "UNLINK", "EXISTS"};
  if (command.size() < 3)
    return {};
  return {command.begin() + 2, of_many.count(upper(command[1])) ? command.end() : command.begin() + 3};
}

// Every batch of a queue goes its own way: delivered, to retry, split, dead, replayed, purged, replaced, without a
// body, robbed of events, given back, dropped for a later dead letter, in flight when its process ends.
void use_everything(redis_queue_under_test& q, std::size_t partition) {
  auto a = q.process();
  const auto id = [&](std::size_t n) { return "b-" + std::to_string(n * q.o.queue.partitions + partition); };
  const auto name = partition_name(partition);
  unit_of_work w{.partition = partition};
  for (std::size_t n = 0; n < 12; ++n)
    w.enqueues.push_back(make(id(n)));
  w.slots = 10;
  w.pause = false;
  w.fingerprint = "test";
  w.health = delivery_health{};
  const auto given = apply(*a, w)->granted;
  REQUIRE(given.size() == 10);
  unit_of_work s{.partition = partition};
  s.settlements = {ack{lease_of(given[0])},
                   nack{lease_of(given[1]), milliseconds{0}, {}},
                   defer{lease_of(given[2]), milliseconds{0}, {}},
                   bury{lease_of(given[3]), {}},
                   bury{lease_of(given[4]), {}},
                   release{lease_of(given[6])},
                   split{lease_of(given[7]), half(id(7) + ".0"), half(id(7) + ".1")},
                   extend{{lease_of(given[8])}},
                   retain{{lease_of(given[5]), lease_of(given[8])}}};
  s.look_for = {id(1)};
  REQUIRE(apply(*a, s));
  s = {.partition = partition};
  s.settlements = {bury{lease_of(given[5]), {}}};
  REQUIRE(apply(*a, s)->purged_events == 10); // there is room for two
  REQUIRE(q.server.command({"DEL", name + ":b:" + id(6)}) == "1");
  s = {.partition = partition};
  s.slots = 20;
  REQUIRE(apply(*a, s)->buried.size() == 1);
  REQUIRE(a->stats());
  REQUIRE(a->list_dead("", 10)->size() == 3);
  REQUIRE(a->show_dead(id(4)));
  REQUIRE(*a->replay_dead({id(4)}) == 10);
  REQUIRE(a->replace_dead(id(5), make(id(5) + ".e1")));
  REQUIRE(*a->purge_dead({}) == 10);
  for (std::string after = "0:"; !after.empty();) {
    const auto page = a->list_batches(after, 100).value();
    for (const auto& b : page.batches)
      REQUIRE(a->erase_events({{.from = b, .rest = half(b.content->id)}}));
    after = page.next;
  }
  REQUIRE(a->stats()->erased > 0);
  REQUIRE(a->put_note({"n", "text"}, "").value());
  REQUIRE(a->notes("")->size() == 1);
  REQUIRE(a->set_paused(true));
  REQUIRE(a->set_paused(false));
  if (q.o.queue.is_multi_processor) { // its leases are taken back by another one
    q.server.command({"ZADD", name + ":owners", "0", q.server.command({"ZRANGE", name + ":owners", "0", "0"})});
    a = q.process();
    REQUIRE(apply(*a, {.partition = partition}));
  }
  a->leave();
}

// The queue gets more partitions, for users with a batch each that are put together again, and then one.
void change_partitions(redis_queue_under_test& q) {
  const auto process = q.process();
  payload_sealer sealer;
  for (const char* const id : {"a-1002", "a-1005"}) {
    const auto payload = sealer.seal(R"({"messageId":"1","userId":"u"},)"
                                     "\n"
                                     R"({"messageId":"2","userId":"v"})",
                                     true, {});
    unit_of_work w{.partition = partition_of(id, q.o.queue.partitions)};
    w.enqueues = {std::make_shared<const batch>(batch{.id = id, .events = 2, .payload = payload})};
    REQUIRE(apply(*process, w));
  }
  process->leave();
  for (std::size_t p = 0; p < q.o.queue.partitions; ++p) // some have ended without a word
    q.server.command({"DEL", partition_name(p) + ":owners"});
  redis_options where;
  where.unix_socket = q.server.socket();
  auto next = q.o;
  next.queue.partitions = 5;
  next.ordering = delivery_order::per_user;
  const auto more = repartition_redis(where, next);
  if (!more)
    FAIL(more.error().message);
  CHECK(more->divided == 2);
  next.queue.partitions = 1;
  next.ordering = delivery_order::none;
  const auto one = repartition_redis(where, next);
  if (!one)
    FAIL(one.error().message);
  CHECK(one->moved > 0);
}

} // namespace

TEST_CASE("every script has all of its keys in KEYS", "[store][redis]") {
  redis_queue_under_test q;
  q.o.queue.partitions = GENERATE(std::size_t{1}, std::size_t{3});
  q.o.dead_letters.max_events = 20 * q.o.queue.partitions;
  q.o.dead_letters.when_full = dead_letters_full::drop_oldest;
  q.o.queue.is_multi_processor = GENERATE(false, true);
  redis_monitor monitor{q.server};
  use_everything(q, q.o.queue.partitions - 1);
  change_partitions(q);
  std::map<std::string, int> calls;
  std::set<std::string> declared;
  for (const auto& command : monitor.commands()) {
    if (command[0] != "lua") {
      if (upper(command[0]) != "EVALSHA")
        continue;
      ++calls[command[1]];
      declared = {command.begin() + 3, command.begin() + 3 + std::stoi(command[2])};
      continue;
    }
    for (const auto& key : keys_of(command)) {
      INFO(command[1] << " " << key);
      CHECK(declared.count(key) == 1);
    }
  }
  CHECK(calls.size() == redis_scripts.size()); // none was forgotten here
  check_layout(q.server);
}

TEST_CASE("a payload that no script could remove is removed by the next session", "[store][redis]") {
  redis_queue_under_test q;
  auto a = q.process();
  REQUIRE(put(*a, {make("x")}));
  // As by a process that ended in between.
  REQUIRE(q.server.command({"SET", queue_name + ":b:gone", "body"}) == "OK");
  REQUIRE(q.server.command({"ZADD", queue_name + ":garbage", "0", "gone"}) == "1");
  q.server.command({"CLIENT", "KILL", "TYPE", "normal"});
  REQUIRE(eventually([&] { return apply(*a).has_value(); }));
  check_layout(q.server);
}

TEST_CASE("a half that is made again is no garbage any more", "[store][redis]") {
  redis_queue_under_test q;
  auto a = q.process();
  REQUIRE(put(*a, {make("x")}));
  const auto leased = claim(*a, 1);
  // A process that dropped the half when it was dead has ended before it removed the payload.
  REQUIRE(q.server.command({"SET", queue_name + ":b:x.1", *half("x.1")->payload}) == "OK");
  REQUIRE(q.server.command({"ZADD", queue_name + ":garbage", "0", "x.1"}) == "1");
  REQUIRE(settle_one(*a, split{lease_of(leased.at(0)), half("x.0"), half("x.1")}));
  q.server.command({"CLIENT", "KILL", "TYPE", "normal"});
  REQUIRE(eventually([&] { return apply(*a).has_value(); }));
  CHECK(claim(*a, 2).size() == 2);
  check_layout(q.server);
}

TEST_CASE("a batch that is stored again is no garbage any more", "[store][redis]") {
  redis_queue_under_test q;
  auto a = q.process();
  REQUIRE(apply(*a));
  REQUIRE(q.server.command({"SET", queue_name + ":b:again", *make("again")->payload}) == "OK");
  REQUIRE(q.server.command({"ZADD", queue_name + ":garbage", "0", "again"}) == "1");
  REQUIRE(put(*a, {make("again")}));
  q.server.command({"CLIENT", "KILL", "TYPE", "normal"});
  REQUIRE(eventually([&] { return apply(*a).has_value(); }));
  CHECK(claim(*a, 1).size() == 1);
  check_layout(q.server);
}
