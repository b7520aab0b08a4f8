#include "support/catch.hpp"

#include "support/virtual_system.hpp"

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

namespace {

// A system with 40 dead events in two batches.
void bury_two(virtual_system& sim) {
  sim.endpoint().answer = [](const auto&) { return delivery_response{.status = 422, .detail = "no"}; };
  sim.send_events(40);
  sim.run();
  REQUIRE(sim.totals().dead == 40);
}

} // namespace

TEST_CASE("a permanent failure is buried at once and reported with message ids", "[actors][dead]") {
  virtual_system sim;
  std::vector<delivery_report> dead;
  auto subscriber = sim.system().spawn([&]() -> caf::behavior {
    return {[&](const delivery_report& r) {
      if (r.kind == report_kind::dead)
        dead.push_back(r);
    }};
  });
  send(sim.self(), sim.running().supervisor, subscribe{subscriber, true});
  bury_two(sim);
  CHECK(sim.endpoint().arrivals.size() == 2);
  REQUIRE(dead.size() == 2);
  CHECK(dead[0].events == 20);
  CHECK(dead[0].message_ids.front() == "m0");
  CHECK(dead[0].status == 422);
  caf::anon_send_exit(subscriber, caf::exit_reason::user_shutdown);
  sim.run();
}

TEST_CASE("the write key never gets into a dead letter, whatever the server says", "[actors][dead]") {
  virtual_system sim;
  sim.endpoint().answer = [](const auto&) {
    return delivery_response{.status = 422, .detail = std::string{"bad key test-key\x1b[31m"}};
  };
  sim.send_events(20);
  sim.run();
  auto page = sim.ask<dead_page>(sim.running().supervisor, list_dead{});
  REQUIRE(page);
  REQUIRE(page->entries.size() == 1);
  CHECK(page->entries[0].reason.find("test-key") == std::string::npos);
  CHECK(page->entries[0].reason.find('\x1b') == std::string::npos);
}

TEST_CASE("dead letters can be replayed, and are delivered", "[actors][dead]") {
  virtual_system sim;
  bury_two(sim);
  sim.endpoint().answer = [](const auto&) { return delivery_response{.status = 200}; };
  auto replayed = sim.ask<dead_count>(sim.running().supervisor, replay_dead{});
  REQUIRE(replayed);
  CHECK(replayed->events == 40);
  CHECK(sim.endpoint().delivered.size() == 40);
  auto page = sim.ask<dead_page>(sim.running().supervisor, list_dead{});
  REQUIRE(page);
  CHECK(page->entries.empty());
}

TEST_CASE("dead letters can be purged", "[actors][dead]") {
  virtual_system sim;
  bury_two(sim);
  auto page = sim.ask<dead_page>(sim.running().supervisor, list_dead{"", 1});
  REQUIRE(page);
  REQUIRE(page->entries.size() == 1);
  auto purged = sim.ask<dead_count>(sim.running().supervisor, purge_dead{{page->entries[0].id}});
  REQUIRE(purged);
  CHECK(purged->events == 20);
  auto rest = sim.ask<dead_page>(sim.running().supervisor, list_dead{});
  REQUIRE(rest);
  CHECK(rest->entries.size() == 1);
}

TEST_CASE("an unknown dead letter is an error", "[actors][dead]") {
  virtual_system sim;
  auto letter = sim.ask<dead_entry>(sim.running().supervisor, show_dead{"nobody"});
  REQUIRE(!letter);
  CHECK(letter.error().code == errc::unknown_batch);
}
