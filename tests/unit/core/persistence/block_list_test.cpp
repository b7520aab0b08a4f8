#include "support/catch.hpp"

#include "core/event/encode.hpp"
#include "core/persistence/block_list.hpp"
#include "fakes/dead_queue.hpp"

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

namespace {

constexpr store_time block_day{24h};

bool is_blocked(queue_admin& queue, const event_view& e, store_time now = block_day) {
  return block_list::read(queue).value().has(e, now);
}

} // namespace

TEST_CASE("a blocked user is known by user id, anonymous id or previous id, and by nothing else", "[unit][block]") {
  dead_queue queue;
  CHECK(block_list::read(queue)->empty());
  REQUIRE(block(queue, {.user = "u", .anonymous = "a"}, block_day + 1h, block_day));
  CHECK_FALSE(block_list::read(queue)->empty());
  CHECK(is_blocked(queue, view_of(track{.user_id = "u", .event = "e"})));
  CHECK(is_blocked(queue, view_of(track{.user_id = "v", .anonymous_id = "a", .event = "e"})));
  CHECK(is_blocked(queue, view_of(alias{.user_id = "v", .previous_id = "u"})));
  CHECK(is_blocked(queue, view_of(alias{.user_id = "v", .previous_id = "a"})));
  CHECK_FALSE(is_blocked(queue, view_of(track{.user_id = "a", .anonymous_id = "u", .event = "u"})));
  CHECK_FALSE(is_blocked(queue, view_of(group{.user_id = "v", .group_id = "u"})));
}

TEST_CASE("a user is blocked for as long as was asked, and the longest time counts", "[unit][block]") {
  dead_queue queue;
  const track event{.user_id = "u", .event = "e"};
  const auto of_u = view_of(event);
  REQUIRE(block(queue, {.user = "u"}, block_day + 2h, block_day));
  REQUIRE(block(queue, {.user = "u"}, block_day + 1h, block_day));
  CHECK(is_blocked(queue, of_u, block_day + 2h - 1ms));
  CHECK_FALSE(is_blocked(queue, of_u, block_day + 2h));
  REQUIRE(block(queue, {.user = "v"}, block_day + 9h, block_day + 3h));
  CHECK(queue.note_texts.size() == 1); // what is over goes
  CHECK_FALSE(is_blocked(queue, of_u, block_day));
}

TEST_CASE("the list of blocked users does not have their ids", "[unit][block]") {
  dead_queue queue;
  REQUIRE(block(queue, {.user = "ErasedUser", .anonymous = "ErasedUser"}, block_day + 1h, block_day));
  REQUIRE(queue.note_texts.size() == 2);
  for (const auto& [name, text] : queue.note_texts)
    CHECK((name + text).find("ErasedUser") == std::string::npos);
}

TEST_CASE("a note that is no moment blocks nobody, and a queue that is away says so", "[unit][block]") {
  dead_queue queue;
  REQUIRE(block(queue, {.user = "u"}, block_day + 1h, block_day));
  queue.note_texts.begin()->second = "tomorrow";
  CHECK_FALSE(is_blocked(queue, view_of(track{.user_id = "u", .event = "e"})));
  queue.broken = true;
  CHECK(block_list::read(queue).error().code == errc::store_failed);
  CHECK(block(queue, {.user = "u"}, block_day, block_day).error().code == errc::store_failed);
}

TEST_CASE("a user is taken off the list again, and who is not on it stays off it", "[unit][block]") {
  dead_queue queue;
  REQUIRE(block(queue, {.user = "u", .anonymous = "a"}, block_day + 1h, block_day));
  REQUIRE(block(queue, {.user = "v"}, block_day + 1h, block_day));
  const track of_u{.user_id = "u", .event = "e"}, of_v{.user_id = "v", .anonymous_id = "a", .event = "e"};
  CHECK(unblock(queue, {.user = "u", .anonymous = "b"}, block_day) == result<std::size_t>{1});
  CHECK_FALSE(is_blocked(queue, view_of(of_u)));
  CHECK(unblock(queue, {.user = "v"}, block_day) == result<std::size_t>{1});
  CHECK(is_blocked(queue, view_of(of_v))); // by the anonymous id
  CHECK(unblock(queue, {.user = "v"}, block_day) == result<std::size_t>{0});
  CHECK(unblock(queue, {.anonymous = "a"}, block_day + 2h) == result<std::size_t>{0}); // it is over
  CHECK(queue.note_texts.empty());
  queue.broken = true;
  CHECK(unblock(queue, {.user = "u"}, block_day).error().code == errc::store_failed);
}
