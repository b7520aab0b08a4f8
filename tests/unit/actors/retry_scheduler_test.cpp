#include "support/catch.hpp"

#include "support/virtual_system.hpp"

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

TEST_CASE("a failed batch is tried again after its delay, and delivered", "[actors][retry]") {
  virtual_system sim;
  sim.endpoint().answer = [](const auto&) { return delivery_response{.status = 503}; };
  sim.send_events(20);
  sim.run();
  CHECK(sim.endpoint().arrivals.size() == 1);
  CHECK(sim.totals().retrying == 20);
  sim.endpoint().answer = [](const auto&) { return delivery_response{.status = 200}; };
  sim.advance(501ms);
  CHECK(sim.totals().delivered == 20);
  CHECK(sim.totals().retrying == 0);
  CHECK(sim.totals().failed_attempts == 1);
}

TEST_CASE("Retry-After is a lower bound of the delay", "[actors][retry]") {
  virtual_system sim;
  sim.endpoint().answer = [](const auto&) { return delivery_response{.status = 503, .retry_after = "7"}; };
  sim.send_events(20);
  sim.run();
  sim.endpoint().answer = [](const auto&) { return delivery_response{.status = 200}; };
  sim.advance(6'900ms);
  CHECK(sim.totals().delivered == 0);
  sim.advance(700ms);
  CHECK(sim.totals().delivered == 20);
}

TEST_CASE("after exactly max_attempts a batch is dead, with its attempts and the last reason", "[actors][retry]") {
  auto o = virtual_system::defaults();
  o.retry.max_attempts = 3;
  virtual_system sim{o};
  sim.endpoint().answer = [](const auto&) { return delivery_response{.status = 500, .detail = "broken"}; };
  sim.send_events(20);
  sim.advance(300s);
  CHECK(sim.endpoint().arrivals.size() == 3);
  CHECK(sim.totals().dead == 20);
  auto page = sim.ask<dead_page>(sim.running().supervisor, list_dead{});
  REQUIRE(page);
  REQUIRE(page->entries.size() == 1);
  CHECK(page->entries[0].attempts == 3);
  CHECK(page->entries[0].status == 500);
  CHECK(page->entries[0].reason.find("broken") != std::string::npos);
}
