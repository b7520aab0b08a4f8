#include "support/catch.hpp"

#include <string>

#include "core/intake/partitioned_batcher.hpp"

using namespace sluice;
using namespace std::chrono_literals;

namespace {

constexpr steady_time start{};

options cut_in_partitions(std::size_t n, delivery_order order = delivery_order::none) {
  options o;
  o.flush_at = 2;
  o.max_batch_events = 2;
  o.persist_window = 4;
  o.queue.partitions = n;
  o.ordering = order;
  return o;
}

// Events with these names, each for the partition that its first letter says.
event_chunk named_events(const std::vector<std::string>& names) {
  event_chunk c;
  for (const auto& name : names) {
    c.append(name, nullptr);
    c.partitions.push_back(static_cast<std::uint8_t>(name[0] - 'a'));
  }
  return c;
}

event_chunk undivided(int n) {
  event_chunk c;
  for (int i = 0; i < n; ++i)
    c.append("e", nullptr);
  return c;
}

} // namespace

TEST_CASE("without an order a batch goes where the fewest are on their way", "[core][batcher]") {
  partitioned_batcher b{cut_in_partitions(3)};
  b.add(undivided(20), start);
  std::vector<std::size_t> unstored(3);
  for (const std::size_t expected : {0U, 1U, 2U, 0U, 1U, 2U}) { // in turn; two of each are one more than a window of 4
    const auto batch = b.next(start, unstored);
    REQUIRE(batch);
    CHECK(batch->partition == expected);
    ++unstored[expected];
  }
  CHECK(!b.next(start, unstored));
  unstored[1] = 0; // the others take nothing
  for (int i = 0; i < 2; ++i) {
    const auto batch = b.next(start, unstored);
    REQUIRE(batch);
    CHECK(batch->partition == 1);
    ++unstored[1];
  }
  CHECK(!b.next(start, unstored));
}

TEST_CASE("while no partition takes any more, nothing becomes due", "[core][batcher]") {
  partitioned_batcher b{cut_in_partitions(2)};
  b.add(undivided(1), start);
  CHECK(b.deadline({0, 0}) == start + 20s);
  CHECK(b.deadline({2, 1}) == start + 20s);
  CHECK(!b.deadline({2, 2}));
}

TEST_CASE("with an order for each user a partition has the events of its users, in their order", "[core][batcher]") {
  partitioned_batcher b{cut_in_partitions(3, delivery_order::per_user)};
  b.add(named_events({"a1", "b1", "c1", "b2", "a2", "b3"}), start);
  std::vector<std::size_t> unstored(3);
  const auto first = b.next(start, unstored);
  REQUIRE(first);
  CHECK(first->partition == 0);
  CHECK(first->bytes == "a1,\na2");
  const auto second = b.next(start, unstored);
  REQUIRE(second);
  CHECK(second->partition == 1);
  CHECK(second->bytes == "b1,\nb2");
  CHECK(!b.next(start, unstored)); // one of b and one of c wait for more
  CHECK(b.deadline(unstored) == start + 20s);

  b.add(named_events({"b4"}), start + 1s);
  unstored[1] = 2; // its window is closed
  CHECK(!b.next(start + 1s, unstored));
  b.add(named_events({"c2"}), start + 1s);
  const auto third = b.next(start + 1s, unstored);
  REQUIRE(third);
  CHECK(third->partition == 2);
  CHECK(!b.deadline(unstored));
  unstored[1] = 1;
  CHECK(b.next(start + 1s, unstored)->bytes == "b3,\nb4");
}

TEST_CASE("requests stay with their events", "[core][batcher]") {
  partitioned_batcher b{cut_in_partitions(2, delivery_order::per_user)};
  auto c = named_events({"a1", "b1", "b2"});
  const auto who = std::make_shared<requester>([](const error*) {});
  c.waiting = {{0, nullptr}, {2, who}};
  b.add(std::move(c), start);
  const auto batch = b.next(start, {0, 0});
  REQUIRE(batch);
  CHECK(batch->partition == 1);
  CHECK(batch->requesters == std::vector{who});
}

TEST_CASE("a flush makes due what waits in every partition", "[core][batcher]") {
  partitioned_batcher b{cut_in_partitions(3, delivery_order::per_user)};
  b.add(named_events({"a1", "c1"}), start);
  b.flush();
  const std::vector<std::size_t> unstored(3);
  CHECK(b.next(start, unstored)->bytes == "a1");
  CHECK(b.next(start, unstored)->bytes == "c1");
  CHECK(!b.next(start, unstored));
}
