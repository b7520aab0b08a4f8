#include "support/catch.hpp"

#include <algorithm>

#include "support/virtual_system.hpp"

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

TEST_CASE("a batch is cut when flush_at events wait", "[actors][buffer]") {
  virtual_system sim;
  sim.send_events(19);
  sim.advance(100ms);
  CHECK(sim.endpoint().arrivals.empty());
  sim.send_events(1, "last");
  sim.advance(5ms);
  REQUIRE(sim.endpoint().arrivals.size() == 1);
  CHECK(sim.endpoint().arrivals[0].message_ids.size() == 20);
  sim.settle();
  CHECK(sim.totals().delivered == 20);
}

TEST_CASE("a batch is cut when its oldest event has waited flush_interval", "[actors][buffer]") {
  virtual_system sim;
  sim.send_events(3);
  sim.advance(19'900ms);
  CHECK(sim.endpoint().arrivals.empty());
  sim.advance(200ms);
  REQUIRE(sim.endpoint().arrivals.size() == 1);
  CHECK(sim.endpoint().arrivals[0].message_ids == std::vector<std::string>{"m0", "m1", "m2"});
}

TEST_CASE("a request is answered after request_linger, when its event is stored", "[actors][buffer]") {
  virtual_system sim;
  auto answer = sim.ask<receipt>(sim.running().buffer, track{.user_id = "u", .event = "e", .message_id = "r"},
                                 [&] { sim.advance(60ms); });
  REQUIRE(answer);
  CHECK(answer->message_id == "r");
  CHECK(sim.totals().stored == 1);
}

TEST_CASE("an invalid event sent as a request is answered with the field that is wrong", "[actors][buffer]") {
  virtual_system sim;
  auto answer = sim.ask<receipt>(sim.running().buffer, track{.user_id = "u"});
  REQUIRE(!answer);
  CHECK(answer.error().code == errc::missing_field);
  CHECK(answer.error().message.find("event") != std::string::npos);
  CHECK(sim.totals().accepted == 0);
  CHECK(sim.totals().rejected == 1);
}

TEST_CASE("a request that is not stored within request_deadline is answered pending", "[actors][buffer]") {
  auto o = virtual_system::defaults();
  o.max_internal_queue_size = 100;
  virtual_system sim{o};
  sim.kill(sim.peers()->persister); // a new one comes at once: the request must survive that, too
  auto answer = sim.ask<receipt>(sim.running().buffer, track{.user_id = "u", .event = "e"}, [&] { sim.advance(60ms); });
  CHECK(answer);
}

TEST_CASE("flush delivers what waits at once and answers with exact counts", "[actors][buffer]") {
  virtual_system sim;
  sim.send_events(205);
  auto report = sim.ask<flush_report>(sim.running().buffer, flush{}, [&] { sim.settle(); });
  REQUIRE(report);
  CHECK(report->delivered == 205);
  CHECK(report->dead + report->stored + report->waiting == 0);
}

TEST_CASE("flush counts only what was accepted before it", "[actors][buffer]") {
  virtual_system sim;
  sim.endpoint().answer = [](const auto&) { return std::nullopt; };
  sim.send_events(30, "before");
  auto report = sim.ask<flush_report>(sim.running().buffer, flush{}, [&] {
    sim.run();
    sim.send_events(50, "after");
    sim.run();
    sim.endpoint().answer = [](const auto&) { return delivery_response{.status = 200}; };
    sim.endpoint().answer_open({.status = 200});
    sim.settle();
  });
  REQUIRE(report);
  CHECK(report->delivered == 30);
}

TEST_CASE("flush answers at its deadline with what is so far", "[actors][buffer]") {
  virtual_system sim;
  sim.endpoint().answer = [](const auto&) { return std::nullopt; };
  sim.send_events(30);
  auto report = sim.ask<flush_report>(sim.running().buffer, flush{1s}, [&] { sim.advance(1'100ms); });
  REQUIRE(report);
  CHECK(report->delivered == 0);
  CHECK(report->stored == 30);
  CHECK(report->waiting == 0);
}

TEST_CASE("in memory mode the bound holds until events have reached their end", "[actors][buffer]") {
  auto o = virtual_system::defaults();
  o.max_internal_queue_size = 100;
  virtual_system sim{o};
  sim.endpoint().answer = [](const auto&) { return std::nullopt; };
  sim.send_events(1'000);
  sim.run();
  CHECK(sim.totals().accepted == 100);
  CHECK(sim.totals().rejected == 900);
  auto full = sim.ask<receipt>(sim.running().buffer, track{.user_id = "u", .event = "e"});
  REQUIRE(!full);
  CHECK(full.error().code == errc::buffer_full);
  sim.endpoint().answer = [](const auto&) { return delivery_response{.status = 200}; };
  sim.endpoint().answer_open({.status = 200});
  sim.advance(21s);
  CHECK(sim.totals().delivered == 100);
  auto again = sim.ask<receipt>(sim.running().buffer, track{.user_id = "u", .event = "e"}, [&] { sim.advance(100ms); });
  CHECK(again);
}

TEST_CASE("subscribers get backpressure once for every crossing", "[actors][buffer]") {
  auto o = virtual_system::defaults();
  o.max_internal_queue_size = 100;
  virtual_system sim{o};
  std::vector<backpressure> crossings;
  std::uint64_t rejected = 0;
  auto subscriber = sim.system().spawn([&]() -> caf::behavior {
    return {[&](const backpressure& b) { crossings.push_back(b); },
            [&](const delivery_report& r) { rejected += r.kind == report_kind::rejected ? r.events : 0; }};
  });
  send(sim.self(), sim.running().supervisor, subscribe{subscriber});
  sim.endpoint().answer = [](const auto&) { return std::nullopt; };
  for (int round = 1; round <= 3; ++round) {
    sim.send_events(300);
    sim.advance(10ms);
    REQUIRE(crossings.size() == static_cast<std::size_t>(2 * round - 1));
    CHECK(crossings.back().engaged);
    CHECK(crossings.back().depth == 80);
    CHECK(crossings.back().capacity == 100);
    for (int i = 0; i < 100; ++i) {
      sim.endpoint().answer_open({.status = 200});
      sim.advance(300ms);
    }
    REQUIRE(crossings.size() == static_cast<std::size_t>(2 * round));
    CHECK(!crossings.back().engaged);
    CHECK(crossings.back().depth <= 50);
  }
  CHECK(rejected == 600);
  caf::anon_send_exit(subscriber, caf::exit_reason::user_shutdown);
  sim.run();
}

TEST_CASE("what is rejected before the actors know one another is told when they do", "[actors][buffer]") {
  auto o = virtual_system::defaults();
  o.max_internal_queue_size = 100;
  std::uint64_t rejected = 0, crossings = 0;
  virtual_system sim{
      o, {.first = [&](virtual_system& s) {
        auto subscriber = s.system().spawn([&]() -> caf::behavior {
          return {[&](const backpressure&) { ++crossings; },
                  [&](const delivery_report& r) { rejected += r.kind == report_kind::rejected ? r.events : 0; }};
        });
        send(s.self(), s.running().supervisor, subscribe{subscriber});
        REQUIRE(s.scheduler().run_actor(s.running().buffer));
        s.send_events(300);
        REQUIRE(s.scheduler().run_actor(s.running().buffer));
      }}};
  sim.advance(10ms);
  CHECK(rejected == 200);
  CHECK(crossings == 2);
  CHECK(sim.ask<shutdown_report>(sim.running().supervisor, shutdown{}));
}
