#include "support/catch.hpp"

#include <string>

#include "core/persistence/batch_joiner.hpp"
#include "core/persistence/partition.hpp"
#include "core/wire/batch_id.hpp"
#include "core/wire/event_chunk.hpp"

using namespace sluice;

namespace {

constexpr std::chrono::system_clock::time_point joined_at{std::chrono::seconds{1'700'000'000}};

// The `n`th batch, with so many events of about 100 bytes each.
batch numbered(int n, int events, bool gzip = true) {
  payload_sealer sealer;
  event_chunk all;
  for (int i = 0; i < events; ++i)
    all.append(R"({"messageId":")" + std::to_string(n) + "-" + std::to_string(i) + R"(","x":")" + std::string(80, 'x') +
                   "\"}",
               nullptr);
  return {.id = "a-" + std::to_string(n),
          .events = static_cast<std::uint32_t>(events),
          .payload = sealer.seal(all.bytes, gzip, joined_at)};
}

// Their places are 10, 20, 30, …
std::vector<joined_batches> join_some(const std::vector<batch>& some, const options& o = {},
                                      const std::vector<std::int64_t>& others = {}) {
  payload_sealer sealer;
  std::vector<placed_batch> in_order;
  for (const auto& b : some)
    in_order.push_back({.place = 10 + 10 * static_cast<std::int64_t>(in_order.size()), .content = b});
  return join(in_order, others, 3, o, sealer, joined_at);
}

} // namespace

TEST_CASE("batches are joined in their order", "[core][partition]") {
  for (const bool gzip : {true, false}) {
    const std::vector<batch> some{numbered(1, 2, gzip), numbered(2, 1, !gzip), numbered(3, 3)};
    const auto joined = join_some(some);
    REQUIRE(joined.size() == 1);
    CHECK(joined[0].first == 0);
    CHECK(joined[0].count == 3);
    const auto& one = joined[0].content;
    CHECK(one.events == 6);
    CHECK(is_gzip(*one.payload) == gzip);
    CHECK(*message_ids_of(*one.payload) == std::vector<std::string>{"1-0", "1-1", "2-0", "3-0", "3-1", "3-2"});
    CHECK(partition_of(one.id, 16) == 3);
    CHECK(one.id != some[0].id);
  }
}

TEST_CASE("what is made of other batches has another id, whichever is the first", "[core][partition]") {
  const std::vector<batch> some{numbered(1, 2), numbered(2, 1), numbered(3, 1)};
  const auto two = join_some({some[0], some[1]}), three = join_some(some), again = join_some(some);
  CHECK(two[0].content.id != three[0].content.id);
  CHECK(again[0].content.id == three[0].content.id);
  CHECK(is_batch_id(three[0].content.id));
}

TEST_CASE("what is joined keeps to the bounds of a batch", "[core][partition]") {
  options o;
  std::vector<batch> some;
  for (int n = 0; n < 10; ++n)
    some.push_back(numbered(n, 3));
  SECTION("of events") {
    o.max_batch_events = 7;
  }
  SECTION("of bytes") {
    o.max_batch_bytes = 1'000;
  }
  const auto joined = join_some(some, o);
  REQUIRE(joined.size() == 5);
  for (const auto& j : joined) {
    CHECK(j.count == 2);
    CHECK(j.content.events <= o.max_batch_events);
    CHECK(open_payload(*j.content.payload)->size() <= o.max_batch_bytes);
  }
}

TEST_CASE("nothing is joined over a batch that must stay as it is", "[core][partition]") {
  std::vector<batch> some{numbered(1, 1), numbered(2, 1), numbered(3, 1), numbered(4, 1), numbered(5, 1)};
  SECTION("one without a payload") {
    some[2].payload = nullptr;
  }
  SECTION("a damaged one") {
    some[2].payload = std::make_shared<const std::string>(some[2].payload->substr(0, 50));
  }
  SECTION("one with other events than it says") {
    some[2].events = 2;
  }
  SECTION("one with a long id") {
    some[2].id = std::string(118, 'a') + "-3";
  }
  const auto joined = join_some(some);
  REQUIRE(joined.size() == 2);
  CHECK(joined[0].first == 0);
  CHECK(joined[0].count == 2);
  CHECK(joined[1].first == 3);
  CHECK(joined[1].count == 2);
}

TEST_CASE("nothing is joined over the place of a batch that will be ready later", "[core][partition]") {
  const std::vector<batch> some{numbered(1, 1), numbered(2, 1), numbered(3, 1), numbered(4, 1)};
  const auto joined = join_some(some, {}, {5, 25, 45});
  REQUIRE(joined.size() == 2);
  CHECK(joined[0].count == 2);
  CHECK(joined[1].first == 2);
  CHECK(joined[1].count == 2);
  CHECK(join_some(some, {}, {20, 30}).empty()); // halves may have the same place
}

TEST_CASE("one batch alone, or none, is not joined", "[core][partition]") {
  CHECK(join_some({}).empty());
  CHECK(join_some({numbered(1, 5)}).empty());
  options o;
  o.max_batch_events = 20;
  CHECK(join_some({numbered(1, 20), numbered(2, 20)}, o).empty());
}
