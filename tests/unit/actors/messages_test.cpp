#include "support/catch.hpp"

#include "support/virtual_system.hpp"

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

// What a batch costs in messages between actors. The counts do not depend on the machine: what makes one rise makes
// every batch dearer.

namespace {

constexpr int events_of_batch = 20;

options one_size() {
  auto o = virtual_system::defaults();
  o.flush_at = o.max_batch_events = events_of_batch;
  return o;
}

} // namespace

TEST_CASE("a batch that comes alone costs so many messages", "[actors]") {
  constexpr int batches = 50;
  virtual_system sim{one_size()};
  sim.advance(1s);
  const auto before = sim.handled();
  const auto send_batches = [&](const auto& then) {
    for (int i = 0; i < batches; ++i) {
      sim.send_events(events_of_batch);
      then();
    }
    sim.settle();
    REQUIRE(sim.totals().delivered == batches * events_of_batch);
  };
  SECTION("its acknowledgement waits for the next batch") {
    send_batches([&] { sim.run(); });
    CHECK(sim.handled() - before <= batches * 10);
  }
  SECTION("no batch comes for its acknowledgement") {
    send_batches([&] { sim.settle(); });
    CHECK(sim.handled() - before <= batches * 16);
  }
}

// What has gathered while a message was handled is handled by the next one: a round of deliveries that end together
// costs hardly more than one of them.
TEST_CASE("batches that come together share their messages", "[actors]") {
  constexpr int batches = 320;
  const auto o = one_size();
  virtual_system sim{o};
  sim.endpoint().answer = [](const auto&) { return std::nullopt; };
  sim.advance(1s);
  const auto before = sim.handled();
  sim.send_events(batches * events_of_batch);
  std::size_t rounds = 0;
  for (sim.run(); sim.endpoint().open() > 0; sim.run(), ++rounds)
    sim.endpoint().answer_open({.status = 200});
  sim.settle();
  REQUIRE(sim.totals().delivered == batches * events_of_batch);
  CHECK(rounds == batches / o.max_in_flight);
  CHECK(sim.handled() - before <= rounds * 8);
}
