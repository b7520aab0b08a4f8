#include "support/catch.hpp"

#include <algorithm>

#include "cli/queue/dead_filter.hpp"

using namespace sluice;

namespace {

// A queue in which 700 batches are dead, and in which another dies whenever the end of the list is reached.
class filling_queue : public queue_admin {
public:
  result<store_stats> stats() override { return store_stats{.stored = 1'400, .dead = 1'400}; }
  result<std::vector<dead_letter>> list_dead(const std::string& after, std::size_t limit) override {
    const auto first = after.empty() ? 0 : std::stoul(after) + 1;
    std::vector<dead_letter> page(limit);
    for (std::size_t i = 0; i < limit; ++i)
      page[i] = {.id = "b", .events = 2, .died = store_time{std::chrono::milliseconds{first + i}}};
    return page;
  }
  result<dead_letter> show_dead(const std::string&) override { return error{errc::unknown_batch, "id", ""}; }
  result<std::uint64_t> replay_dead(const std::vector<std::string>&) override { return 0; }
  result<std::uint64_t> purge_dead(const std::vector<std::string>&) override { return 0; }
  result<void> set_paused(bool) override { return {}; }
};

} // namespace

TEST_CASE("only the dead letters that are there at the start are visited while more arrive", "[cli][dead]") {
  filling_queue queue;
  std::size_t visited = 0;
  REQUIRE(each_dead(queue, {}, "", [&](const dead_letter&) {
    ++visited;
    return true;
  }));
  CHECK(visited == 700);
}

TEST_CASE("a dead letter's time may be any, also one that no clock shows", "[cli][dead]") {
  dead_filter old, young;
  old.older_than = young.younger_than = std::chrono::hours{1};
  CHECK(young.matches({.died = store_time::max()}));
  CHECK_FALSE(old.matches({.died = store_time::max()}));
  CHECK(old.matches({.died = store_time::min()}));
  CHECK_FALSE(young.matches({.died = store_time::min()}));
}
