#include "support/catch.hpp"

#include <algorithm>
#include <random>
#include <set>

#include "actors/subscribers.hpp"
#include "support/virtual_system.hpp"

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

namespace {

// Sends 10 000 events and kills `which` a few times in the middle; all of them must be delivered.
template <class Which>
void survives_kills_of(Which which) {
  auto o = virtual_system::defaults();
  o.restarts.max = 10;
  virtual_system sim{o};
  int requests = 0;
  sim.endpoint().answer = [&](const auto&) -> std::optional<delivery_response> {
    // Some fail, some stay open for a while, some succeed.
    ++requests;
    if (requests % 7 == 0)
      return delivery_response{.status = 503};
    if (requests % 3 == 0)
      return std::nullopt;
    return delivery_response{.status = 200};
  };
  for (int round = 0; round < 10; ++round) {
    sim.send_events(1'000, "r" + std::to_string(round) + "-");
    if (round % 2 == 1)
      caf::anon_send_exit(which(*sim.peers()), caf::exit_reason::kill);
    sim.advance(5ms);
    if (round % 3 == 0)
      sim.endpoint().answer_open({.status = 200});
  }
  sim.endpoint().answer = [](const auto&) { return delivery_response{.status = 200}; };
  sim.endpoint().answer_open({.status = 200});
  auto report = sim.ask<flush_report>(sim.running().buffer, flush{600s}, [&] { sim.advance(601s); });
  REQUIRE(report);
  CHECK(report->delivered == 10'000);
  const std::set<std::string> ids(sim.endpoint().delivered.begin(), sim.endpoint().delivered.end());
  CHECK(ids.size() == 10'000);
  auto stats = sim.ask<system_stats>(sim.running().supervisor, get_stats{});
  REQUIRE(stats);
  CHECK(stats->restarts == 5);
  CHECK(stats->depth == 0);
  CHECK(stats->totals.retrying == 0);
}

} // namespace

TEST_CASE("10 000 events survive kills of the persister", "[actors][supervisor]") {
  survives_kills_of([](const peer_table& p) { return p.persister; });
}

TEST_CASE("10 000 events survive kills of the dispatcher", "[actors][supervisor]") {
  survives_kills_of([](const peer_table& p) { return p.dispatcher; });
}

TEST_CASE("10 000 events survive kills of the retry scheduler", "[actors][supervisor]") {
  survives_kills_of([](const peer_table& p) { return p.retry; });
}

TEST_CASE("10 000 events survive kills of the dead-letter actor", "[actors][supervisor]") {
  survives_kills_of([](const peer_table& p) { return p.dead_letters; });
}

TEST_CASE("when the restart budget is used up the system stops with a reason and exact counts",
          "[actors][supervisor]") {
  auto o = virtual_system::defaults();
  o.restarts.max = 2;
  virtual_system sim{o};
  std::vector<stopped> heard;
  auto subscriber = sim.system().spawn([&]() -> caf::behavior {
    return {[&](const stopped& s) { heard.push_back(s); }, [](const delivery_report&) {}, [](const backpressure&) {}};
  });
  send(sim.self(), sim.running().supervisor, subscribe{subscriber});
  sim.send_events(20);
  sim.run();
  sim.endpoint().answer = [](const auto&) { return std::nullopt; };
  sim.send_events(30);
  for (int i = 0; i < 3; ++i) {
    REQUIRE(heard.empty());
    sim.kill(sim.peers()->dispatcher);
  }
  REQUIRE(heard.size() == 1);
  CHECK(heard[0].reason.find("dispatcher") != std::string::npos);
  CHECK(heard[0].counts.delivered == 20);
  CHECK(heard[0].counts.accepted == 50);
  CHECK(heard[0].counts.lost == 30);
  CHECK(std::any_of(sim.log().begin(), sim.log().end(),
                    [](const std::string& line) { return line.find("stopped") != std::string::npos; }));
  sim.send_events(1, "late");
  CHECK(sim.totals().accepted == 50);
  caf::anon_send_exit(subscriber, caf::exit_reason::user_shutdown);
  sim.run();
}

TEST_CASE("a budget that is spent slowly lasts for ever", "[actors][supervisor]") {
  auto o = virtual_system::defaults();
  o.restarts = {.max = 2, .within = 1s};
  virtual_system sim{o};
  for (int i = 0; i < 10; ++i) {
    sim.kill(sim.peers()->retry);
    sim.advance(1s);
  }
  sim.send_events(20);
  sim.settle();
  CHECK(sim.totals().delivered == 20);
}

TEST_CASE("shutdown delivers what waits, stops every actor and answers with exact counts", "[actors][supervisor]") {
  virtual_system sim;
  sim.send_events(33);
  auto report = sim.ask<shutdown_report>(sim.running().supervisor, shutdown{}, [&] { sim.settle(); });
  REQUIRE(report);
  CHECK(report->accepted == 33);
  CHECK(report->delivered == 33);
  CHECK(report->lost == 0);
  auto late = sim.ask<receipt>(sim.running().buffer, track{.user_id = "u", .event = "e"});
  REQUIRE(!late);
}

TEST_CASE("shutdown ends at its deadline and says what was lost", "[actors][supervisor]") {
  virtual_system sim;
  sim.endpoint().answer = [](const auto&) { return std::nullopt; };
  sim.send_events(33);
  auto report = sim.ask<shutdown_report>(sim.running().supervisor, shutdown{2s}, [&] { sim.advance(2'100ms); });
  REQUIRE(report);
  CHECK(report->delivered == 0);
  CHECK(report->lost == 33);
  CHECK(report->stored == 0);
}

TEST_CASE("while deliveries are paused everything else goes on, also over a restart of the dispatcher",
          "[actors][supervisor]") {
  virtual_system sim;
  REQUIRE(sim.ask<system_stats>(sim.running().supervisor, get_stats{}));
  send(sim.self(), sim.running().supervisor, sluice::pause{});
  sim.run();
  sim.send_events(40);
  sim.run();
  sim.kill(sim.peers()->dispatcher);
  CHECK(sim.endpoint().arrivals.empty());
  CHECK(sim.totals().stored == 40);
  send(sim.self(), sim.running().supervisor, resume{});
  sim.settle();
  CHECK(sim.totals().delivered == 40);
}

TEST_CASE("kills of the dead-letter actor while batches are being buried lose none of them", "[actors][supervisor]") {
  auto o = virtual_system::defaults();
  o.restarts.max = 100;
  o.dead_letters.pause_after = 1'000;
  virtual_system sim{o};
  sim.endpoint().answer = [](const auto&) { return delivery_response{.status = 422}; };
  for (int i = 0; i < 20; ++i) {
    sim.send_events(100, "r" + std::to_string(i) + "-");
    caf::anon_send_exit(sim.peers()->dead_letters, caf::exit_reason::kill);
    sim.advance(3ms);
  }
  auto report = sim.ask<flush_report>(sim.running().buffer, flush{});
  REQUIRE(report);
  CHECK(report->dead == 2'000);
}

TEST_CASE("a second shutdown with a sooner deadline makes it soon", "[actors][supervisor]") {
  virtual_system sim;
  sim.endpoint().answer = [](const auto&) { return std::nullopt; };
  sim.send_events(10);
  send(sim.self(), sim.running().supervisor, shutdown{600s});
  auto report = sim.ask<shutdown_report>(sim.running().supervisor, shutdown{1s}, [&] { sim.advance(1'100ms); });
  REQUIRE(report);
  CHECK(report->lost == 10);
}

TEST_CASE("a deadline beyond all reason is a long one, not one that has passed", "[actors][supervisor]") {
  virtual_system sim;
  sim.endpoint().answer = [](const auto&) { return std::nullopt; };
  sim.send_events(10);
  auto report = sim.ask<flush_report>(sim.running().buffer, flush{milliseconds::max()}, [&] {
    sim.advance(1h);
    sim.endpoint().answer_open({.status = 200});
    sim.run();
  });
  REQUIRE(report);
  CHECK(report->delivered == 10);
}

TEST_CASE("a host actor survives everything that it can send to ours as a plain message", "[actors][supervisor]") {
  virtual_system sim;
  bool alive = false;
  auto host = sim.system().spawn([&]() -> caf::behavior { return {[&](int) { alive = true; }}; });
  const auto say = [&](auto to, auto message) {
    send_as(host, caf::actor_cast<caf::actor>(to), std::move(message));
    sim.run();
  };
  for (const auto& to :
       {caf::actor_cast<caf::actor>(sim.running().buffer), caf::actor_cast<caf::actor>(sim.running().supervisor)}) {
    say(to, std::string{"nonsense"});
    say(to, subscribe{});
    say(to, show_dead{"unknown"});
    say(to, list_dead{"no cursor", 1});
    say(to, get_stats{});
    say(to, flush{});
    say(to, track{}); // invalid
  }
  compat::anon_send(host, 1);
  sim.run();
  CHECK(alive);
  caf::anon_send_exit(host, caf::exit_reason::user_shutdown);
  sim.run();
}

TEST_CASE("when the buffer dies the intake is closed, and whoever waited is answered", "[actors][supervisor]") {
  auto o = virtual_system::defaults();
  o.request_linger = 1s;
  virtual_system sim{o};
  auto answer = sim.ask<receipt>(sim.running().buffer, track{.user_id = "u", .event = "e"},
                                 [&] { sim.kill(sim.running().buffer); });
  REQUIRE(!answer);
  sim.send_events(3);
  CHECK(sim.totals().accepted == 1);
  CHECK(sim.totals().rejected == 3);
}

TEST_CASE("subscribers that die are forgotten, and make room for others", "[actors][supervisor]") {
  virtual_system sim;
  for (int i = 0; i < 200; ++i) { // at most 64 may subscribe
    auto subscriber = sim.system().spawn([]() -> caf::behavior { return {[](const delivery_report&) {}}; });
    REQUIRE(sim.ask_nothing(sim.running().supervisor, subscribe{subscriber}));
    caf::anon_send_exit(subscriber, caf::exit_reason::kill);
    sim.run();
  }
  sim.send_events(20);
  sim.settle();
  CHECK(sim.totals().delivered == 20);
}

TEST_CASE("a subscriber that handles nothing gets a window of reports, and afterwards what it has missed",
          "[actors][supervisor]") {
  virtual_system sim;
  bool answers = false;
  std::vector<caf::response_promise> open;
  std::uint64_t reports = 0, most_before = 0, delivered = 0;
  reports_missed missed;
  auto subscriber = sim.system().spawn([&](caf::event_based_actor* self) -> caf::behavior {
    return {[&, self](const delivery_report& r) -> caf::result<void> {
              ++reports;
              delivered += r.kind == report_kind::delivered ? r.events : 0;
              CHECK(r.message_ids.empty()); // it did not ask for them
              auto promise = self->make_response_promise();
              if (answers)
                promise.deliver(caf::make_error(caf::sec::runtime_error)); // any answer will do
              else
                open.push_back(promise);
              return promise;
            },
            [&](const reports_missed& m) { missed = m; },
            [&](int) {
              answers = true;
              for (auto& promise : std::exchange(open, {}))
                promise.deliver(caf::make_error(caf::sec::runtime_error));
            }};
  });
  send(sim.self(), sim.running().supervisor, subscribe{subscriber});
  for (int i = 0; i < 2'000; ++i) {
    sim.send_events(20);
    sim.settle();
  }
  most_before = reports;
  compat::anon_send(subscriber, 1);
  sim.run();
  CHECK(most_before == subscribers::window);
  CHECK(missed.reports == 4'000 - most_before);
  CHECK(missed.delivered + delivered == 40'000);
  CHECK(missed.stored + missed.delivered == 20 * missed.reports);
  sim.send_events(20);
  sim.settle();
  CHECK(reports == most_before + 2);
  caf::anon_send_exit(subscriber, caf::exit_reason::user_shutdown);
  sim.run();
}

TEST_CASE("a suspension ends with the dispatcher that found it", "[actors][supervisor]") {
  virtual_system sim;
  sim.endpoint().answer = [](const auto&) { return delivery_response{.status = 401}; };
  sim.send_events(20);
  sim.run();
  CHECK(!sim.ask<system_stats>(sim.running().supervisor, get_stats{})->suspended.empty());
  sim.endpoint().answer = [](const auto&) { return delivery_response{.status = 200}; };
  sim.kill(sim.peers()->dispatcher);
  CHECK(sim.ask<system_stats>(sim.running().supervisor, get_stats{})->suspended.empty());
  sim.settle();
  CHECK(sim.totals().delivered == 20);
}

TEST_CASE("the first rejection of a minute is logged for each reason, also of plain sends", "[actors][supervisor]") {
  auto o = virtual_system::defaults();
  o.max_internal_queue_size = 20;
  virtual_system sim{o};
  sim.endpoint().answer = [](const auto&) { return delivery_response{.status = 503}; };
  const auto said = [&] {
    return std::count_if(sim.log().begin(), sim.log().end(), [](const std::string& line) {
      return line.find("events were rejected: the buffer is full") != std::string::npos;
    });
  };
  sim.send_events(20);
  for (int i = 0; i < 3; ++i) {
    sim.send_events(5);
    sim.advance(1s);
  }
  CHECK(sim.totals().rejected > 5);
  CHECK(said() == 1);
  sim.advance(1min);
  sim.send_events(5);
  sim.advance(1s);
  CHECK(said() == 2);
}
