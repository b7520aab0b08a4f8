#include "support/catch.hpp"

#include <string>

#include "core/persistence/partition.hpp"
#include "core/wire/batch_id.hpp"

using namespace sluice;

TEST_CASE("the number in a batch's id says its partition, and its halves are there as well", "[core][partition]") {
  for (const std::uint64_t n : {1U, 2U, 3U, 17U, 4'000'000'000U}) {
    const auto id = batch_id("0123456789abcdef", n);
    CHECK(partition_of(id, 3) == n % 3);
    CHECK(partition_of(id + ".0", 3) == n % 3);
    CHECK(partition_of(id + ".1.0", 3) == n % 3);
    CHECK(partition_of(id, 1) == 0);
  }
  for (const char* const odd : {"", "a", "-", "a-", "a-x", "a-1-x", "a-99999999999999999999999"})
    CHECK(partition_of(odd, 16) == 0);
}

TEST_CASE("the next number of a partition is the first above the last one", "[core][partition]") {
  for (const std::size_t partitions : {1U, 2U, 3U, 16U, 256U})
    for (std::uint64_t last = 0; last < 600; ++last)
      for (std::size_t p = 0; p < partitions; ++p) {
        const auto n = next_number(last, p, partitions);
        REQUIRE(n > last);
        REQUIRE(n <= last + partitions);
        REQUIRE(n % partitions == p);
      }
}

TEST_CASE("the bounds are divided among the partitions", "[core][partition]") {
  options o;
  o.queue.partitions = 16;
  const auto share = share_of_partition(o);
  CHECK(share.queue.max_backlog_events == 625'000);
  CHECK(share.queue.max_backlog_bytes == std::size_t{256} << 20);
  CHECK(share.dead_letters.max_events == 62'500);
  CHECK(share.dead_letters.max_bytes == std::size_t{64} << 20);
}

TEST_CASE("the partition of a user never changes, and users are spread", "[core][partition]") {
  // What another version has stored is in these.
  CHECK(partition_of_user("user-1", 256) == 201);
  CHECK(partition_of_user("user-2", 256) == 212);
  CHECK(partition_of_user("", 256) == 194);
  CHECK(partition_of_user("user-1", 1) == 0);
  std::vector<int> users(16);
  for (int i = 0; i < 16'000; ++i)
    ++users[partition_of_user("user-" + std::to_string(i), 16)];
  for (const int n : users) {
    CHECK(n > 800);
    CHECK(n < 1'200);
  }
}
