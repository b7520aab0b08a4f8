#include "support/catch.hpp"

#include "core/event/encode.hpp"
#include "core/intake/intake.hpp"
#include "core/persistence/block_list.hpp"
#include "fakes/dead_queue.hpp"
#include <limits>
#include <thread>

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

namespace {

options small() {
  options o;
  o.max_internal_queue_size = 10;
  o.flush_at = 4;
  return o;
}

} // namespace

TEST_CASE("the intake holds exactly as many events as it may, until they are released", "[core][intake]") {
  intake intake{small()};
  for (int i = 0; i < 10; ++i)
    CHECK(intake.offer("event", "id"));
  const auto refused = intake.offer("event", "id");
  REQUIRE(!refused);
  CHECK(refused.error().code == errc::buffer_full);
  CHECK(intake.take().events.size() == 10);
  CHECK(!intake.offer("event", "id")); // taken is not released
  intake.release(3, 15);
  for (int i = 0; i < 3; ++i)
    CHECK(intake.offer("event", "id"));
  CHECK(!intake.offer("event", "id"));
  CHECK(intake.totals().snapshot().accepted == 13);
  CHECK(intake.totals().snapshot().rejected == 3);
  CHECK(intake.depth() == 10);
}

TEST_CASE("the intake bounds bytes as well", "[core][intake]") {
  auto o = small();
  o.max_internal_queue_bytes = 100;
  intake intake{o};
  CHECK(intake.offer(std::string(60, 'x'), "a"));
  CHECK(!intake.offer(std::string(41, 'x'), "b"));
  CHECK(intake.offer(std::string(40, 'x'), "c"));
  CHECK(intake.depth_bytes() == 100);
}

TEST_CASE("the buffer is woken when something comes to an empty intake, when a batch is full, and for a request",
          "[core][intake]") {
  intake intake{small()};
  int wakes = 0;
  intake.open([&] { ++wakes; });
  CHECK(intake.offer("e", "1"));
  CHECK(wakes == 1);
  CHECK(!intake.urgent());
  CHECK(intake.offer("e", "2"));
  CHECK(intake.offer("e", "3"));
  CHECK(wakes == 1);
  CHECK(intake.offer("e", "4"));
  CHECK(wakes == 2);
  CHECK(intake.urgent());
  intake.take();
  CHECK(intake.offer("e", "5", std::make_shared<requester>([](const error*) {})));
  CHECK(intake.urgent());
}

TEST_CASE("water marks are crossed once in each direction", "[core][intake]") {
  intake intake{small()};
  std::vector<bool> crossings;
  const auto look = [&] {
    for (const auto& c : intake.take().crossings)
      crossings.push_back(c.engaged);
  };
  for (int i = 0; i < 10; ++i) {
    intake.offer("event", "id");
    look();
  }
  CHECK(crossings == std::vector<bool>{true});
  for (int i = 0; i < 3; ++i) {
    intake.release(1, 5);
    look();
  }
  CHECK(crossings == std::vector<bool>{true});
  intake.release(2, 10); // 5 are held: the low-water mark
  look();
  CHECK(crossings == std::vector<bool>{true, false});
}

TEST_CASE("a rejected requester is told why, a dropped one that it is over", "[core][intake]") {
  std::vector<errc> heard;
  const auto listener = [&] {
    return std::make_shared<requester>([&](const error* why) { heard.push_back(why ? why->code : errc{}); });
  };
  {
    auto o = small();
    o.max_internal_queue_size = 1;
    intake intake{o};
    intake.offer("e", "1", listener());
    intake.offer("e", "2", listener());
    CHECK(heard == std::vector<errc>{errc::buffer_full});
    intake.close();
    intake.offer("e", "3", listener());
    CHECK(heard == std::vector<errc>{errc::buffer_full, errc::closed});
  }
  CHECK(heard == std::vector<errc>{errc::buffer_full, errc::closed, errc::closed});
}

TEST_CASE("refusals are counted, with the ids of the first hundred", "[core][intake]") {
  intake intake{small()};
  intake.close();
  intake.offer("e", "m");
  CHECK(intake.take().rejected_ids.empty()); // nobody asks for them
  intake.note_rejected_ids(true);
  for (int i = 0; i < 150; ++i)
    intake.offer("e", "m" + std::to_string(i));
  const auto news = intake.take();
  CHECK(news.rejected == 150);
  CHECK(news.rejected_ids.size() == 100);
  CHECK(intake.take().rejected == 0);
}

TEST_CASE("of an id of any length 128 bytes are noted at most, in whole characters", "[core][intake]") {
  intake intake{small()};
  intake.close();
  intake.note_rejected_ids(true);
  const std::string fits(128, 'x'), before(126, 'x');
  intake.offer("e", fits);
  intake.offer("e", fits + "y");
  intake.offer("e", before + "\u20ac");
  intake.reject(before + "\u00e9\u00e9", {errc::too_large, "", "too large"});
  CHECK(intake.take().rejected_ids == std::vector<std::string>{fits, fits, before, before + "\u00e9"});
}

TEST_CASE("a place in a chunk has room for the largest bound of the buffer", "[core][intake]") {
  CHECK(std::numeric_limits<decltype(event_chunk::ends)::value_type>::max() >= std::uint64_t{64} << 30);
}

TEST_CASE("who waits for room goes on when there is some", "[core][intake]") {
  auto o = small();
  o.max_internal_queue_size = 1;
  o.max_event_bytes = 1;
  intake intake{o};
  intake.offer("e", "1");
  CHECK(!intake.wait_for_room(1ms));
  std::thread other{[&] { intake.release(1, 1); }};
  CHECK(intake.wait_for_room(20s));
  other.join();
}

TEST_CASE("four threads cannot get more in than fits", "[core][intake]") {
  auto o = small();
  o.max_internal_queue_size = 1'000;
  intake intake{o};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 10'000; ++i)
        intake.offer("event", "id");
    });
  for (auto& t : threads)
    t.join();
  CHECK(intake.totals().snapshot().accepted == 1'000);
  CHECK(intake.totals().snapshot().rejected == 39'000);
  CHECK(intake.take().events.size() == 1'000);
}

namespace {

// A chunk of so many events, whose one requester waits for all.
event_chunk chunk_of(std::size_t events, const requester_ptr& who = nullptr) {
  event_chunk chunk;
  for (std::size_t i = 0; i < events; ++i)
    chunk.append("event", who);
  return chunk;
}

} // namespace

TEST_CASE("the events of a chunk are admitted all or none", "[core][intake]") {
  intake intake{small()};
  CHECK(intake.offer_all(chunk_of(0)));
  CHECK(intake.offer("e", "id"));
  CHECK(intake.offer_all(chunk_of(7)));
  CHECK(intake.offer_all(chunk_of(3)).error().code == errc::buffer_full);
  CHECK(intake.depth() == 8);
  CHECK(intake.depth_bytes() == 36);
  CHECK(intake.offer_all(chunk_of(2)));
  CHECK(intake.offer_all(chunk_of(11)).error().code == errc::too_large);
  const auto came = intake.take();
  CHECK(came.events.size() == 10);
  CHECK(came.events.bytes.substr(0, 15) == "e,\nevent,\nevent");
  CHECK(came.events.size_of(9) == 5);
  CHECK(came.rejected == 3);
  CHECK(intake.totals().snapshot().accepted == 10);
  CHECK(intake.totals().snapshot().rejected == 3);
  intake.close();
  CHECK(intake.offer_all(chunk_of(1)).error().code == errc::closed);
}

TEST_CASE("one requester is answered when all of its events are stored, or at the first error", "[core][intake]") {
  const auto fails = GENERATE(false, true);
  intake intake{small()};
  int answers = 0;
  std::string why;
  auto who = std::make_shared<requester>(
      [&](const error* e) {
        ++answers;
        why = e ? to_string(e->code) : "stored";
      },
      3);
  REQUIRE(intake.offer("e", "id"));
  REQUIRE(intake.offer_all(chunk_of(3, who)));
  who.reset();
  {
    const auto came = intake.take();
    REQUIRE(came.events.waiting.size() == 3);
    CHECK(came.events.waiting[0].first == 1);
    came.events.waiting[0].second->stored();
    came.events.waiting[1].second->stored();
    CHECK(answers == 0);
    if (!fails)
      came.events.waiting[2].second->stored();
  }
  CHECK(answers == 1);
  CHECK(why == (fails ? "closed" : "stored"));
}

TEST_CASE("events of blocked users are not admitted, for as long as they are blocked", "[core][intake][block]") {
  dead_queue queue;
  const store_time now{std::chrono::hours{24}};
  REQUIRE(block(queue, {.user = "u"}, now + std::chrono::hours{1}, now));
  intake intake{small()};
  const track by_u{.user_id = "u", .event = "e"}, by_v{.user_id = "v", .event = "e"};
  const auto of_u = view_of(by_u), of_v = view_of(by_v);
  CHECK(intake.admits(of_u, now));
  intake.block(block_list::read(queue).value());
  CHECK(intake.admits(of_u, now).error().code == errc::user_blocked);
  CHECK(intake.admits(of_v, now));
  CHECK(intake.admits(of_u, now + std::chrono::hours{1}));
  intake.block({});
  CHECK(intake.admits(of_u, now));
}
