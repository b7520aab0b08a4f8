#include "support/catch.hpp"

#include <filesystem>

#include "store/make_store.hpp"
#include "store/sqlite/enqueuer.hpp"
#include "store/sqlite/file.hpp"
#include "support/small_disk.hpp"
#include "unit/store/sqlite/queue_file.hpp"

// A process that only enqueues, beside the one that processes the queue, or without one.

using namespace sluice;
using namespace sluice::test;

namespace fs = std::filesystem;

namespace {

result<std::unique_ptr<store>> enqueuer_of(const queue_file& q, options o = {},
                                           const std::string& fingerprint = "one") {
  o.queue.enqueue_only = true;
  o.sqlite.durability = sqlite_durability::normal;
  return sqlite_enqueuer::open(q.path, o, fingerprint);
}

// Many bytes of batches, as several units of work.
void put_mib(const queue_file& q, store& to, int first, int mib) {
  for (int i = 0; i < mib; ++i)
    q.put(to, first + 4 * i, 4, std::size_t{256} * 1024);
}

} // namespace

TEST_CASE("a process that enqueues leaves an owner's leases, and the owner claims what it has put", "[store][sqlite]") {
  queue_file q;
  auto owner = *q.open();
  q.put(*owner, 1, 2);
  const auto leased = q.claim(*owner, 2);
  REQUIRE(leased.size() == 2);
  auto other = *enqueuer_of(q);
  q.put(*other, 3, 2);
  CHECK(owner->stats()->in_flight == 20);
  CHECK(owner->stats()->ready == 20);
  CHECK(owner->stats()->owners.size() == 1);
  other->leave();
  other.reset();
  unit_of_work w;
  for (const auto& b : leased)
    w.settlements.emplace_back(ack{{b.content->id, b.fence}});
  w.slots = 8;
  const auto done = q.apply(*owner, w);
  REQUIRE(done);
  CHECK(done->settled == std::vector{settle_outcome::applied, settle_outcome::applied});
  REQUIRE(done->granted.size() == 2);
  CHECK(done->granted[0].content->id == "b3");
  const auto s = *owner->stats();
  CHECK(s.stored == 40);
  CHECK(s.delivered == 20);
  CHECK(s.in_flight == 20);
}

TEST_CASE("a process that enqueues can do nothing else, and is told what the file has of its batches",
          "[store][sqlite]") {
  queue_file q;
  auto owner = *q.open();
  q.put(*owner, 1, 1);
  const auto leased = q.claim(*owner, 1);
  auto other = *enqueuer_of(q);
  const lease about{leased.at(0).content->id, leased[0].fence};
  unit_of_work w;
  w.fingerprint = "two";
  w.pause = true;
  w.health = delivery_health{.suspended = "no deliveries"};
  w.settlements = {ack{about}, nack{about}, retain{}, extend{{about}}};
  w.enqueues = {queue_file::batch_of(2)};
  w.slots = 8;
  w.look_for = {"b1", "b2", "b3"};
  const auto done = q.apply(*other, w);
  REQUIRE(done);
  CHECK(done->settled ==
        std::vector{settle_outcome::stale, settle_outcome::stale, settle_outcome::applied, settle_outcome::applied});
  CHECK(done->enqueued == std::vector{enqueue_outcome::stored});
  CHECK(done->granted.empty());
  CHECK(done->found == std::vector<presence>{{.waiting = 10}, {.waiting = 10}, {}});
  const auto s = *owner->stats();
  CHECK(s.in_flight == 10);
  CHECK(s.ready == 10);
  CHECK(!s.paused);
  CHECK(s.owners.at(0).health == delivery_health{});
  owner.reset();
  CHECK(q.open({}, "one"));
}

TEST_CASE("a unit of work that is sent again stores nothing twice, and the bound of the backlog holds",
          "[store][sqlite]") {
  queue_file q;
  options o;
  o.queue.max_backlog_events = 25;
  auto other = *enqueuer_of(q, o);
  q.put(*other, 1, 2);
  q.put(*other, 1, 2);
  CHECK(other->stats()->stored == 20);
  CHECK(q.try_to_put(*other, 3, 100) == enqueue_outcome::backlog_full);
  CHECK(q.try_to_put(*other, 1, 100) == enqueue_outcome::stored);
  CHECK(other->stats()->ready == 20);
}

TEST_CASE("a process that enqueues makes the file, for its destination alone", "[store][sqlite]") {
  queue_file q;
  q.put(**enqueuer_of(q), 1, 1);
  options adopts;
  adopts.queue.adopt = true;
  for (const auto& o : {options{}, adopts}) {
    const auto refused = enqueuer_of(q, o, "two");
    REQUIRE(!refused);
    CHECK(refused.error().code == errc::other_destination);
  }
  const auto owner = q.open();
  REQUIRE(owner);
  CHECK(q.claim(**owner, 8).size() == 1);
  CHECK(!fs::exists(q.path + ".new"));
}

TEST_CASE("a process that enqueues stores nothing once the owner has given the queue another destination",
          "[store][sqlite]") {
  queue_file q;
  auto owner = *q.open();
  auto other = *enqueuer_of(q);
  q.put(*other, 1, 1);
  const auto redirect_to = [&](const std::string& fingerprint) {
    unit_of_work w;
    w.fingerprint = fingerprint;
    REQUIRE(q.apply(*owner, w));
  };
  redirect_to("two");
  unit_of_work w;
  w.enqueues = {queue_file::batch_of(2)};
  const auto refused = q.apply(*other, w);
  REQUIRE(!refused);
  CHECK(refused.error().code == errc::other_destination);
  CHECK(refused.error().message == enqueuer_of(q).error().message);
  CHECK(owner->stats()->stored == 10);
  redirect_to("one");
  CHECK(q.try_to_put(*other, 2, 100) == enqueue_outcome::stored);
}

TEST_CASE("the store that the option asks for takes no lock", "[store][sqlite]") {
  queue_file q;
  options o;
  o.write_key = "k";
  o.persistence = "sqlite:" + q.path;
  o.queue.enqueue_only = true;
  const auto first = make_store(o), second = make_store(o);
  REQUIRE(first);
  REQUIRE(second);
  CHECK((*first)->stats()->owners.empty());
  CHECK(!fs::exists(q.path + ".reserve"));
  o.queue.enqueue_only = false;
  CHECK(make_store(o));
}

TEST_CASE("the log stays short while processes only enqueue, with an idle owner and without one", "[store][sqlite]") {
  queue_file q;
  const bool is_owned = GENERATE(true, false);
  CAPTURE(is_owned);
  const auto owner = is_owned ? q.open() : result<std::unique_ptr<store>>{error{}};
  auto one = *enqueuer_of(q), two = *enqueuer_of(q);
  for (int i = 0; i < 5; ++i) {
    put_mib(q, *one, 100 * i, 6);
    put_mib(q, *two, 100 * i + 50, 6);
    if (is_owned)
      REQUIRE(q.apply(**owner, {})); // it looks once a second, and finds that it may deliver nothing
    CHECK(size_of_log(q.path) < std::uint64_t{24} << 20);
  }
  CHECK(one->stats()->stored == 10 * 5 * 2 * 6 * 4);
  CHECK(fs::file_size(q.path) > std::uintmax_t{40} << 20);
}

TEST_CASE("while there is an owner, a process that enqueues leaves the log to it", "[store][sqlite]") {
  queue_file q;
  const auto owner = q.open();
  auto other = *enqueuer_of(q);
  put_mib(q, *other, 0, 12);
  CHECK(size_of_log(q.path) > std::uint64_t{12} << 20);
  REQUIRE(q.apply(**owner, {}));
  CHECK(size_of_log(q.path) == 0);
}

TEST_CASE("a process that enqueues notices that the file was removed", "[store][sqlite]") {
  queue_file q;
  auto other = *enqueuer_of(q);
  q.put(*other, 1, 1);
  fs::remove(q.path);
  unit_of_work w;
  w.enqueues = {queue_file::batch_of(2)};
  const auto done = q.apply(*other, w);
  REQUIRE(!done);
  CHECK(done.error().code == errc::not_a_queue);
  CHECK(done.error().message.find("queue.db was removed") != std::string::npos);
}

TEST_CASE("on a full disk a process that enqueues stores nothing, and leaves the room that there is to the owner",
          "[store][sqlite]") {
  small_disk disk;
  queue_file q{disk.path()};
  options o;
  o.sqlite.durability = sqlite_durability::normal;
  auto owner = *q.open(o);
  q.put(*owner, 1, 1);
  const auto leased = q.claim(*owner, 1);
  auto other = *enqueuer_of(q);
  q.put(*other, 2, 1);
  disk.fill();
  for (int i = 10; i < 200; ++i) { // the owner gives up its reserve
    if (q.try_to_put(*owner, i, 10'000) == enqueue_outcome::backlog_full)
      break;
  }
  const auto stored = owner->stats()->stored;
  unit_of_work w;
  w.enqueues = {queue_file::batch_of(3, 100'000)};
  const auto done = q.apply(*other, w);
  REQUIRE(!done);
  CHECK(done.error().code == errc::store_failed);
  CHECK(owner->stats()->stored == stored);
  unit_of_work acks;
  acks.settlements = {ack{{leased.at(0).content->id, leased[0].fence}}};
  const auto settled = q.apply(*owner, acks);
  REQUIRE(settled);
  CHECK(settled->settled.at(0) == settle_outcome::applied);
  disk.make_room();
  CHECK(q.try_to_put(*other, 3, 100'000) == enqueue_outcome::stored);
}
