#include "support/catch.hpp"

#include <thread>

#include "core/intake/intake.hpp"

using namespace sluice;
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
  intake door{small()};
  for (int i = 0; i < 10; ++i)
    CHECK(door.offer("event", "id"));
  const auto refused = door.offer("event", "id");
  REQUIRE(!refused);
  CHECK(refused.error().code == errc::buffer_full);
  CHECK(door.take().events.size() == 10);
  CHECK(!door.offer("event", "id")); // taken is not released
  door.release(3, 15);
  for (int i = 0; i < 3; ++i)
    CHECK(door.offer("event", "id"));
  CHECK(!door.offer("event", "id"));
  CHECK(door.totals().accepted == 13);
  CHECK(door.totals().refused == 3);
  CHECK(door.depth() == 10);
}

TEST_CASE("the intake bounds bytes as well", "[core][intake]") {
  auto o = small();
  o.max_internal_queue_bytes = 100;
  intake door{o};
  CHECK(door.offer(std::string(60, 'x'), "a"));
  CHECK(!door.offer(std::string(41, 'x'), "b"));
  CHECK(door.offer(std::string(40, 'x'), "c"));
  CHECK(door.depth_bytes() == 100);
}

TEST_CASE("the buffer is woken when something comes to an empty intake, when a batch is full, and for a request",
          "[core][intake]") {
  intake door{small()};
  int wakes = 0;
  door.open([&] { ++wakes; });
  CHECK(door.offer("e", "1"));
  CHECK(wakes == 1);
  CHECK(!door.urgent());
  CHECK(door.offer("e", "2"));
  CHECK(door.offer("e", "3"));
  CHECK(wakes == 1);
  CHECK(door.offer("e", "4"));
  CHECK(wakes == 2);
  CHECK(door.urgent());
  door.take();
  CHECK(door.offer("e", "5", std::make_shared<requester>([](const error*) {})));
  CHECK(door.urgent());
}

TEST_CASE("water marks are crossed once in each direction", "[core][intake]") {
  intake door{small()};
  std::vector<bool> crossings;
  const auto look = [&] {
    for (const auto& c : door.take().crossings)
      crossings.push_back(c.engaged);
  };
  for (int i = 0; i < 10; ++i) {
    door.offer("event", "id");
    look();
  }
  CHECK(crossings == std::vector<bool>{true});
  for (int i = 0; i < 3; ++i) {
    door.release(1, 5);
    look();
  }
  CHECK(crossings == std::vector<bool>{true});
  door.release(2, 10); // 5 are held: the low-water mark
  look();
  CHECK(crossings == std::vector<bool>{true, false});
}

TEST_CASE("a refused requester is told why, a dropped one that it is over", "[core][intake]") {
  std::vector<errc> heard;
  const auto listener = [&] {
    return std::make_shared<requester>([&](const error* why) { heard.push_back(why ? why->code : errc{}); });
  };
  {
    auto o = small();
    o.max_internal_queue_size = 1;
    intake door{o};
    door.offer("e", "1", listener());
    door.offer("e", "2", listener());
    CHECK(heard == std::vector<errc>{errc::buffer_full});
    door.close();
    door.offer("e", "3", listener());
    CHECK(heard == std::vector<errc>{errc::buffer_full, errc::closed});
  }
  CHECK(heard == std::vector<errc>{errc::buffer_full, errc::closed, errc::closed});
}

TEST_CASE("refusals are counted, with the ids of the first hundred", "[core][intake]") {
  intake door{small()};
  door.close();
  for (int i = 0; i < 150; ++i)
    door.offer("e", "m" + std::to_string(i));
  const auto news = door.take();
  CHECK(news.refused == 150);
  CHECK(news.refused_ids.size() == 100);
  CHECK(door.take().refused == 0);
}

TEST_CASE("who waits for room goes on when there is some", "[core][intake]") {
  auto o = small();
  o.max_internal_queue_size = 1;
  intake door{o};
  door.offer("e", "1");
  CHECK(!door.wait_for_room(1, 1ms));
  std::thread other{[&] { door.release(1, 1); }};
  CHECK(door.wait_for_room(1, 20s));
  other.join();
}

TEST_CASE("four threads cannot get more in than fits", "[core][intake]") {
  auto o = small();
  o.max_internal_queue_size = 1'000;
  intake door{o};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 10'000; ++i)
        door.offer("event", "id");
    });
  for (auto& t : threads)
    t.join();
  CHECK(door.totals().accepted == 1'000);
  CHECK(door.totals().refused == 39'000);
  CHECK(door.take().events.size() == 1'000);
}
