#include "support/catch.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "contract/backends.hpp"
#include "core/persistence/partition.hpp"
#include "core/wire/batch_id.hpp"
#include "core/wire/event_chunk.hpp"
#include "core/wire/payload.hpp"

using namespace sluice;
using namespace sluice::test;

// What a change of the number of partitions keeps of a queue.

namespace {

constexpr const char* incarnation = "abc0";

options in_partitions(std::size_t n, delivery_order ordering = delivery_order::none) {
  options o;
  o.queue.partitions = n;
  o.ordering = ordering;
  o.queue.max_crashes = 3;
  return o;
}

std::string user(std::size_t n) {
  return "user-" + std::to_string(n);
}

// A queue that fills with batches of the events of many users, in its own order, as a process makes them.
template <class Backend>
struct repartitioned {
  explicit repartitioned(const options& settings) : o{settings} { open(); }

  void open() { process = backend.open(o, "test").value(); }
  void close() {
    process->leave();
    process.reset();
  }
  // Gives the queue another number of them.
  repartition_done change(const options& next) {
    close();
    o = next;
    auto done = backend.repartition(o);
    REQUIRE(done);
    CHECK(backend.agrees());
    open();
    return *done;
  }

  work_done apply(unit_of_work w) {
    w.now = backend.now();
    w.incarnation = incarnation;
    auto done = process->apply(w);
    REQUIRE(done);
    return *done;
  }
  // With an order for each user, of users of one partition.
  std::string put(std::size_t partition, std::size_t events = 12) {
    event_chunk all;
    for (std::size_t u = random() % 1'000; all.size() < events; u = random() % 1'000) {
      if (o.ordering == delivery_order::per_user && partition_of_user(user(u), o.queue.partitions) != partition)
        continue;
      all.append(R"({"messageId":")" + std::to_string(u) + "-" + std::to_string(next_of_user[u]++) + R"(","userId":")" +
                     user(u) + "\"}",
                 nullptr);
    }
    number = next_number(number, partition, o.queue.partitions);
    auto id = batch_id(incarnation, number);
    unit_of_work w{.partition = partition};
    w.enqueues = {std::make_shared<const batch>(batch{.id = id,
                                                      .events = static_cast<std::uint32_t>(all.size()),
                                                      .payload = sealer.seal(all.bytes, random() % 2 == 0, {})})};
    REQUIRE(apply(w).enqueued.at(0) == enqueue_outcome::stored);
    return id;
  }
  leased_batch claim(std::size_t partition) {
    auto some = apply({.partition = partition, .slots = 1}).granted;
    REQUIRE(some.size() == 1);
    return some[0];
  }
  void settle(std::size_t partition, settlement s) {
    unit_of_work w{.partition = partition};
    w.settlements.push_back(std::move(s));
    REQUIRE(apply(w).settled.at(0) == settle_outcome::applied);
  }
  // Everything that is ready, in the order of each partition; it is leased then.
  std::vector<leased_batch> claim_all() {
    std::vector<leased_batch> all;
    for (std::size_t p = 0; p < o.queue.partitions; ++p)
      for (bool more = true; more;) {
        const auto some = apply({.partition = p, .slots = 100}).granted;
        for (const auto& b : some) {
          CHECK(partition_of(b.content->id, o.queue.partitions) == p);
          all.push_back(b);
        }
        more = !some.empty();
      }
    return all;
  }

  options o;
  Backend backend;
  std::unique_ptr<store> process;
  std::uint64_t number = 0;
  std::map<std::size_t, std::size_t> next_of_user;
  payload_sealer sealer;
  const std::uint32_t seed = std::random_device{}();
  std::mt19937 random{seed};
};

lease lease_on(const leased_batch& b) {
  return {b.content->id, b.fence};
}

std::vector<std::string> dead_in(queue_admin& q) {
  std::vector<std::string> ids;
  const auto letters = q.list_dead("", 1'000);
  REQUIRE(letters);
  for (const auto& d : *letters)
    ids.push_back(d.id + " " + std::to_string(d.events) + " " + std::to_string(d.attempts) + " " + d.why.reason);
  return ids;
}

// A few of every state, and some that have gone.
template <class Backend>
void fill(repartitioned<Backend>& q) {
  for (std::size_t p = 0; p < q.o.queue.partitions; ++p) {
    q.put(p);
    q.settle(p, ack{lease_on(q.claim(p))});
    for (int i = 0; i < 3; ++i) {
      q.put(p);
      q.settle(p, bury{lease_on(q.claim(p)), {.status = 400, .reason = "no " + std::to_string(p)}});
      q.backend.pass(milliseconds{2});
    }
    q.put(p);
    q.settle(p, nack{lease_on(q.claim(p)), std::chrono::minutes{1}, {.status = 503, .reason = "later"}});
    for (int i = 0; i < 5; ++i)
      q.put(p);
  }
  const auto dead = q.process->list_dead("", 1);
  REQUIRE(dead);
  REQUIRE(*q.process->purge_dead({dead->front().id}) == 12);
}

bool same_counts(const store_stats& a, const store_stats& b) {
  return a.stored == b.stored && a.delivered == b.delivered && a.purged == b.purged && a.ready == b.ready &&
         a.in_flight == b.in_flight && a.retry == b.retry && a.dead == b.dead &&
         a.oldest_ready.has_value() == b.oldest_ready.has_value() && a.next_retry == b.next_retry &&
         a.oldest_dead == b.oldest_dead && a.paused == b.paused;
}

std::vector<std::string> messages_in(const std::vector<leased_batch>& batches) {
  std::vector<std::string> all;
  for (const auto& b : batches) {
    const auto some = message_ids_of(*b.content->payload);
    REQUIRE(some);
    CHECK(some->size() == b.content->events);
    all.insert(all.end(), some->begin(), some->end());
  }
  return all;
}

} // namespace

TEMPLATE_LIST_TEST_CASE("a change of the number of partitions keeps every batch as it is", "[store][partitions]",
                        durable_backends) {
  const auto [before, after] = GENERATE(std::pair{1U, 16U}, std::pair{16U, 1U}, std::pair{3U, 4U}, std::pair{4U, 3U},
                                        std::pair{16U, 48U}, std::pair{2U, 256U});
  repartitioned<TestType> q{in_partitions(before)};
  INFO("seed " << q.seed);
  fill(q);
  REQUIRE(q.process->set_paused(true));
  const auto stats = *q.process->stats();
  const auto dead = dead_in(*q.process);
  const auto done = q.change(in_partitions(after));
  CHECK(done.before == before);
  CHECK(done.moved > 0);
  CHECK(done.divided == 0);
  CHECK(same_counts(*q.process->stats(), stats));
  CHECK(dead_in(*q.process) == dead);
  CHECK(*q.process->replay_dead({dead[0].substr(0, dead[0].find(' '))}) == 12);
  CHECK(q.claim_all().empty()); // it is still paused

  REQUIRE(q.process->set_paused(false));
  const auto some = q.claim_all();
  CHECK(some.size() == 5 * before + 1);
  for (const auto& b : some)
    q.settle(partition_of(b.content->id, after), ack{lease_on(b)});
  CHECK(q.process->stats()->ready == 0);
  CHECK(q.process->stats()->delivered == stats.delivered + stats.ready + 12);
  CHECK(q.backend.agrees());
}

TEMPLATE_LIST_TEST_CASE("what waits keeps its attempts, age and place, and what comes next is behind it",
                        "[store][partitions]", durable_backends) {
  repartitioned<TestType> q{in_partitions(1)};
  const auto first = q.put(0), second = q.put(0);
  q.settle(0, nack{lease_on(q.claim(0)), milliseconds{0}, {.status = 503, .reason = "busy"}});
  q.backend.pass(milliseconds{20});
  q.number = 5;
  const auto third = q.put(0);
  const auto done = q.change(in_partitions(3));
  CHECK(done.moved == 2);
  std::map<std::string, leased_batch> found;
  for (const auto& b : q.claim_all())
    found[b.content->id] = b;
  REQUIRE(found.size() == 3);
  CHECK(found[first].attempts == 1);
  CHECK(found[first].age >= milliseconds{20});
  CHECK(found[first].fence == 2);
  CHECK(found[second].attempts == 0);
  CHECK(found[third].age < found[first].age);
  const auto back = *q.process->stats();
  CHECK(back.in_flight == 36);
  q.change(in_partitions(1)); // which leaves in order: its leases go back
  const auto last = q.put(0);
  std::vector<std::string> order;
  for (const auto& b : q.claim_all())
    order.push_back(b.content->id);
  CHECK(order == std::vector{first, second, third, last});
}

TEMPLATE_LIST_TEST_CASE("a queue that keeps the order of users keeps it over changes", "[store][partitions]",
                        durable_backends) {
  repartitioned<TestType> q{in_partitions(3, delivery_order::per_user)};
  INFO("seed " << q.seed);
  std::set<std::string> all;
  std::uint64_t divided = 0;
  for (const std::size_t next : {16U, 5U, 7U, 2U}) {
    for (int i = 0; i < 80; ++i)
      q.put(q.random() % q.o.queue.partitions, 1 + q.random() % 20);
    divided += q.change(in_partitions(next, delivery_order::per_user)).divided;
  }
  CHECK(divided > 0);
  const auto batches = q.claim_all();
  CHECK(batches.size() < 40); // 320 were put, and divided again and again
  std::map<std::string, long> last;
  std::size_t events = 0;
  for (const auto& id : messages_in(batches)) {
    const auto hyphen = id.find('-');
    const auto n = std::stol(id.substr(hyphen + 1));
    auto& before = last.try_emplace(id.substr(0, hyphen), -1).first->second;
    CHECK(n == before + 1);
    before = n;
    ++events;
  }
  for (const auto& b : batches)
    for (const auto& id : *message_ids_of(*b.content->payload))
      CHECK(partition_of_user("user-" + id.substr(0, id.find('-')), 2) == partition_of(b.content->id, 2));
  CHECK(events == q.process->stats()->stored);
  CHECK(q.backend.agrees());
}

TEMPLATE_LIST_TEST_CASE("batches are divided in every state but that of the dead", "[store][partitions]",
                        durable_backends) {
  repartitioned<TestType> q{in_partitions(1)};
  INFO("seed " << q.seed);
  fill(q);
  const auto stats = *q.process->stats();
  const auto dead = dead_in(*q.process);
  const auto done = q.change(in_partitions(16, delivery_order::per_user));
  CHECK(done.divided == 6);
  CHECK(same_counts(*q.process->stats(), stats));
  CHECK(dead_in(*q.process) == dead);
  const auto some = q.claim_all();
  CHECK(some.size() > 5);
  CHECK(some.size() <= 16); // one in each partition
  CHECK(messages_in(some).size() == stats.ready);
}

TEMPLATE_LIST_TEST_CASE("what is put together is as old as the youngest of it", "[store][partitions]",
                        durable_backends) {
  repartitioned<TestType> q{in_partitions(1)};
  INFO("seed " << q.seed);
  q.put(0, 40);
  q.backend.pass(milliseconds{200});
  const auto second_put = q.backend.now();
  q.put(0, 40);
  q.change(in_partitions(2, delivery_order::per_user));
  const auto some = q.claim_all();
  REQUIRE(some.size() == 2);
  for (const auto& b : some)
    CHECK(b.age <= q.backend.now() - second_put);
}

TEMPLATE_LIST_TEST_CASE("a change to the number that there is changes nothing", "[store][partitions]",
                        durable_backends) {
  repartitioned<TestType> q{in_partitions(3)};
  fill(q);
  const auto stats = *q.process->stats();
  const auto done = q.change(in_partitions(3));
  CHECK(done.before == 3);
  CHECK(done.moved + done.divided == 0);
  CHECK(same_counts(*q.process->stats(), stats));
}

TEMPLATE_LIST_TEST_CASE("the number of partitions of a queue that is processed cannot be changed",
                        "[store][partitions]", durable_backends) {
  repartitioned<TestType> q{in_partitions(3)};
  fill(q);
  const auto refused = q.backend.repartition(in_partitions(4));
  REQUIRE(!refused);
  CHECK(refused.error().code == errc::queue_taken);
  q.put(2); // nothing has happened to it
  q.close();
  CHECK(q.backend.repartition(in_partitions(4)));
}

TEMPLATE_LIST_TEST_CASE("of a queue that is not there no partitions can be changed", "[store][partitions]",
                        durable_backends) {
  TestType backend;
  const auto refused = backend.repartition(in_partitions(4));
  REQUIRE(!refused);
  CHECK(refused.error().code == errc::not_a_queue);
  CHECK(backend.open(in_partitions(2), "test").value()->stats());
}
