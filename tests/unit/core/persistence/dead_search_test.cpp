#include "support/catch.hpp"

#include "core/persistence/dead_search.hpp"
#include "fakes/dead_queue.hpp"

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

namespace {

constexpr store_time search_time{1h};

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
  result<void> replace_dead(const std::string&, const batch_ptr&) override { return {}; }
  result<queue_page> list_batches(const std::string&, std::size_t) override { return queue_page{}; }
  result<std::uint64_t> erase_events(const std::vector<erasure>&) override { return 0; }
  result<void> scrub() override { return {}; }
  result<std::vector<queue_note>> notes(const std::string&) override { return std::vector<queue_note>{}; }
  result<bool> put_note(const queue_note&, const std::string&) override { return false; }
  result<void> set_paused(bool) override { return {}; }
};

std::vector<std::string> ids_found(queue_admin& queue, const dead_filter& filter) {
  std::vector<std::string> ids;
  REQUIRE(each_dead(queue, filter, "", [&](const dead_letter& d) {
    ids.push_back(d.id);
    return true;
  }));
  return ids;
}

using texts = std::vector<std::string>;

} // namespace

TEST_CASE("only the dead letters that are there at the start are visited while more arrive", "[unit][dead]") {
  filling_queue queue;
  CHECK(ids_found(queue, {}).size() == 700);
}

TEST_CASE("a dead letter's time may be any, also one that no clock shows", "[unit][dead]") {
  dead_filter old, young;
  old.older_than = young.younger_than = 1min;
  CHECK(young.matches({.died = store_time::max()}, search_time));
  CHECK_FALSE(old.matches({.died = store_time::max()}, search_time));
  CHECK(old.matches({.died = store_time::min()}, search_time));
  CHECK_FALSE(young.matches({.died = store_time::min()}, search_time));
}

TEST_CASE("dead letters are found by the name and the user of one and the same event", "[unit][dead]") {
  dead_queue queue;
  queue.add("a", 1, {}, {R"({"event":"bought","userId":"u1"})", R"({"event":"left","anonymousId":"u2"})"});
  queue.add("b", 2, {}, {R"({"properties":{"event":"bought","userId":"u2"},"event":"left","userId":"u3"})"});
  queue.add("c", 3, {}, {R"({"type":"identify","userId":"u1","traits":{"deep":[[{"userId":"u2"}]]}})"});
  CHECK(ids_found(queue, {.event = "bought"}) == texts{"a"});
  CHECK(ids_found(queue, {.event = "left"}) == texts{"a", "b"});
  CHECK(ids_found(queue, {.user = "u1"}) == texts{"a", "c"});
  CHECK(ids_found(queue, {.user = "u2"}) == texts{"a"});
  CHECK(ids_found(queue, {.event = "bought", .user = "u2"}).empty());
  CHECK(ids_found(queue, {.event = "left", .user = "u2"}) == texts{"a"});
}

TEST_CASE("payloads are read of those letters only that nothing else rules out", "[unit][dead]") {
  dead_queue queue;
  for (int i = 0; i < 10; ++i)
    queue.add("b" + std::to_string(i), i, {i == 3 ? 422 : 400, "no"});
  CHECK(ids_found(queue, {.status = 422, .event = "e"}) == texts{"b3"});
  CHECK(queue.shown == 1);
}

TEST_CASE("a payload that cannot be read has no events", "[unit][dead]") {
  const dead_filter filter{.event = "e"};
  CHECK_FALSE(filter.matches_events("no payload"));
  CHECK_FALSE(filter.matches_events(*payload_sealer{}.seal("{\"event\":\"e\"", false, {})));
  CHECK(filter.matches_events(*payload_sealer{}.seal(R"({"event":"e"})", false, {})));
  CHECK(dead_filter{}.matches_events("no payload"));
}

TEST_CASE("letters that are asked for by id are looked up, and others are passed over", "[unit][dead]") {
  dead_queue queue;
  for (int i = 0; i < 5; ++i)
    queue.add("b" + std::to_string(i), i, {400 + i, "no"});
  CHECK(ids_found(queue, {.ids = {"b4", "gone", "b1", "b4"}}) == texts{"b4", "b1"});
  CHECK(ids_found(queue, {.ids = {"b4", "b1"}, .status = 401}) == texts{"b1"});
}

TEST_CASE("a search ends a page at its bounds, and goes on at its cursor, whatever is gone meanwhile", "[unit][dead]") {
  dead_queue queue;
  for (int i = 0; i < 6; ++i)
    queue.add("b" + std::to_string(i), i, {400, "no"}, {"{}", "{}"});
  dead_search search{{}};
  CHECK(search.next(queue, search_time, {.letters = 2})->size() == 2);
  CHECK(search.where().after == "1/b1");
  CHECK(queue.purge_dead({"b0", "b1"}) == 4U);
  CHECK(search.next(queue, search_time, {.letters = 10, .events = 3})->size() == 2);
  dead_search other{{}, {.after = search.where().after}};
  const auto rest = other.next(queue, search_time, {.letters = 10});
  REQUIRE(rest->size() == 2);
  CHECK(rest->back().id == "b5");
  CHECK(other.is_over());
  CHECK(other.where().looked_at == 2);
  CHECK(dead_search{{}, {.after = "nonsense"}}.next(queue, search_time, {}).error().code == errc::unknown_batch);
}
