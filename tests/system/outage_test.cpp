#include "support/catch.hpp"

#include <cstdio>

#include "fakes/forwarding_store.hpp"
#include "store/make_store.hpp"
#include "support/process.hpp"
#include "support/virtual_system.hpp"

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

namespace {

const auto well = [](const auto&) { return delivery_response{.status = 200}; };
const auto unreachable = [](const auto&) { return delivery_response{.failure = transport_failure::connect}; };

auto always(int status) {
  return [status](const fake_endpoint::arrival&) { return delivery_response{.status = status}; };
}

std::string suspended(virtual_system& sim) {
  return sim.ask<system_stats>(sim.running().supervisor, get_stats{})->suspended;
}

} // namespace

TEST_CASE("an hour of outage with 1 000 batches waiting buries nothing, and loses nothing", "[actors][breaker]") {
  auto o = virtual_system::defaults();
  o.max_batch_events = 20;
  virtual_system sim{o};
  sim.endpoint().answer = unreachable;
  sim.send_events(20'000);
  sim.advance(1h);
  const auto arrived = sim.endpoint().arrivals.size();
  const auto during = sim.totals();
  CHECK(during.dead == 0);
  CHECK(during.waiting == 20'000);
  CHECK(during.failed_attempts == 9); // what it took to find out, but for the last
  CHECK(arrived > 100);
  CHECK(arrived < 400); // a probe every 12 to 18 s
  CHECK(suspended(sim).find("unavailable") != std::string::npos);
  sim.endpoint().answer = well;
  sim.advance(2min);
  std::printf(
      "One hour of outage: 1000 batches, %zu attempts, %llu of them counted, 0 dead, %llu events delivered 2 min "
      "later\n",
      arrived, static_cast<unsigned long long>(during.failed_attempts),
      static_cast<unsigned long long>(sim.totals().delivered));
  CHECK(sim.totals().delivered == 20'000);
  CHECK(suspended(sim).empty());
}

TEST_CASE("an outage buries nothing either if one batch alone waits, however few its attempts may be",
          "[actors][breaker]") {
  for (const int attempts : {1, 3, 10}) {
    auto o = virtual_system::defaults();
    o.retry.max_attempts = attempts;
    virtual_system sim{o};
    sim.endpoint().answer = unreachable;
    sim.send_events(20);
    sim.advance(1h);
    CHECK(sim.totals().dead == 0);
    sim.endpoint().answer = well;
    sim.advance(1min);
    CHECK(sim.totals().delivered == 20);
  }
}

TEST_CASE("while the breaker is open one request at a time goes out", "[actors][breaker]") {
  virtual_system sim;
  sim.endpoint().answer = always(503);
  sim.send_events(2'000);
  sim.advance(10s);
  sim.endpoint().answer = [](const auto&) { return std::nullopt; };
  for (int i = 0; i < 20; ++i) {
    sim.advance(30s);
    CHECK(sim.endpoint().open() <= 1);
    sim.endpoint().answer_open({.failure = transport_failure::timeout});
  }
  CHECK(sim.endpoint().most_open == 1);
}

TEST_CASE("recovery ramps up", "[actors][breaker]") {
  auto o = virtual_system::defaults();
  o.max_batch_events = 20;
  virtual_system sim{o};
  sim.endpoint().answer = unreachable;
  sim.send_events(4'000);
  sim.advance(5min);
  sim.endpoint().answer = [](const auto&) { return std::nullopt; };
  sim.advance(31s);
  std::vector<std::size_t> open;
  for (int i = 0; i < 12; ++i) {
    open.push_back(sim.endpoint().open());
    sim.endpoint().answer_open({.status = 200});
    sim.advance(50ms);
  }
  CHECK(open[0] == 1);
  CHECK(open[1] == 2);
  CHECK(open[2] == 4);
  CHECK(std::is_sorted(open.begin(), open.end()));
  CHECK(open[4] < 8);
  CHECK(open.back() == 8);
}

TEST_CASE("a batch that keeps the destination from answering does not keep the others from it", "[actors][breaker]") {
  auto o = virtual_system::defaults();
  o.retry.base = o.retry.cap = 10ms;
  virtual_system sim{o};
  sim.endpoint().answer = [](const fake_endpoint::arrival& a) {
    if (a.message_ids[0] == "m0")
      return delivery_response{.failure = transport_failure::timeout};
    return delivery_response{.status = 200};
  };
  sim.send_events(20);
  sim.advance(10s); // it alone has opened the breaker
  CHECK(suspended(sim).find("timed out") != std::string::npos);
  sim.send_events(200, "n");
  sim.advance(10min);
  CHECK(sim.totals().delivered == 200);
  CHECK(sim.totals().dead == 20); // what others show not to be the destination's fault is counted
}

TEST_CASE("429 pauses the whole destination for as long as it asks, and buries nothing however often it comes",
          "[actors][throttle]") {
  virtual_system sim;
  sim.endpoint().answer = [](const auto&) { return delivery_response{.status = 429, .retry_after = "60"}; };
  sim.send_events(2'000);
  sim.run();
  const auto first = sim.endpoint().arrivals.size();
  CHECK(first <= 8);
  sim.advance(59s);
  CHECK(sim.endpoint().arrivals.size() == first);
  sim.advance(60min);
  CHECK(sim.endpoint().arrivals.size() <= first + 61);
  CHECK(sim.totals().dead == 0);
  sim.endpoint().answer = well;
  sim.advance(2min);
  CHECK(sim.totals().delivered == 2'000);
}

TEST_CASE("500 does not open the breaker: a batch may be the cause", "[actors][breaker]") {
  auto o = virtual_system::defaults();
  o.retry.max_attempts = 3;
  o.dead_letters.pause_after = 1'000;
  virtual_system sim{o};
  sim.endpoint().answer = always(500);
  sim.send_events(200);
  sim.advance(10min);
  CHECK(suspended(sim).empty());
  CHECK(sim.totals().dead == 200);
}

TEST_CASE("resume tries a destination that was away at once", "[actors][breaker]") {
  auto o = virtual_system::defaults();
  o.max_batch_events = 20;
  virtual_system sim{o};
  sim.endpoint().answer = unreachable;
  sim.send_events(200);
  sim.advance(20min);
  sim.endpoint().answer = well;
  const auto before = sim.totals().delivered;
  send(sim.self(), sim.running().supervisor, resume{});
  sim.settle();
  CHECK(before == 0);
  CHECK(sim.totals().delivered > 0);
  sim.advance(31s);
  CHECK(sim.totals().delivered == 200);
}

TEST_CASE("after 20 burials of one status in a row the queue waits, until resume, and buries no more",
          "[actors][guard]") {
  auto o = virtual_system::defaults();
  o.flush_at = o.max_batch_events = 1;
  virtual_system sim{o};
  sim.endpoint().answer = always(422);
  sim.send_events(100);
  sim.advance(1h);
  CHECK(sim.totals().dead == 20);
  CHECK(sim.endpoint().arrivals.size() < 30);
  CHECK(suspended(sim).find("422") != std::string::npos);
  CHECK(suspended(sim).find("resume") != std::string::npos);
  // It outlives the actors.
  sim.kill(sim.peers()->persister);
  sim.kill(sim.peers()->dispatcher);
  sim.advance(1h);
  CHECK(sim.totals().dead == 20);
  send(sim.self(), sim.running().supervisor, resume{});
  sim.advance(1h);
  CHECK(sim.totals().dead == 40);
  sim.endpoint().answer = well;
  send(sim.self(), sim.running().supervisor, resume{});
  sim.advance(1h);
  CHECK(sim.totals().delivered == 60);
  CHECK(suspended(sim).empty());
}

TEST_CASE("what is given up after its attempts counts for the burial guard, too", "[actors][guard]") {
  auto o = virtual_system::defaults();
  o.flush_at = o.max_batch_events = 1;
  o.retry.max_attempts = 2;
  virtual_system sim{o};
  sim.endpoint().answer = always(500);
  sim.send_events(100);
  sim.advance(1h);
  CHECK(sim.totals().dead == 20);
  CHECK(suspended(sim).find("500") != std::string::npos);
}

TEST_CASE("the burial guard has no objection while others are delivered", "[actors][guard]") {
  auto o = virtual_system::defaults();
  o.flush_at = o.max_batch_events = 1;
  virtual_system sim{o};
  int n = 0;
  sim.endpoint().answer = [&](const auto&) { return delivery_response{.status = ++n % 15 == 0 ? 200 : 422}; };
  sim.send_events(300);
  sim.advance(1min);
  CHECK(sim.totals().dead == 280);
  CHECK(sim.totals().delivered == 20);
}

TEST_CASE("a new key by message goes on at once, with what waited, and the old one is used no more",
          "[actors][suspended]") {
  std::vector<std::string> keys;
  auto o = virtual_system::defaults();
  virtual_system sim{o};
  sim.endpoint().on_transport = [&](const options& s) { keys.push_back(s.write_key + " " + s.data_plane_url); };
  sim.endpoint().answer = always(401);
  sim.send_events(200);
  sim.advance(5min);
  sim.endpoint().answer = well;
  CHECK(sim.ask_nothing(sim.running().supervisor, set_destination{"", "the-new-key"}));
  sim.settle();
  CHECK(sim.totals().delivered == 200);
  CHECK(suspended(sim).empty());
  CHECK(sim.ask_nothing(sim.running().supervisor, set_destination{"http://127.0.0.1:2", ""}));
  CHECK(keys == std::vector<std::string>{"the-new-key http://127.0.0.1:1", "the-new-key http://127.0.0.1:2"});
  // Also after a restart.
  sim.kill(sim.peers()->dispatcher);
  CHECK(keys.back() == "the-new-key http://127.0.0.1:2");
  CHECK(keys.size() == 3);
}

TEST_CASE("a destination that is wrong is refused by name, and nothing changes", "[actors][suspended]") {
  virtual_system sim;
  std::size_t made = 0;
  sim.endpoint().on_transport = [&](const options&) { ++made; };
  const auto answer = sim.ask_nothing(sim.running().supervisor, set_destination{"ftp://x", "two words"});
  REQUIRE(!answer);
  CHECK(answer.error().code == errc::invalid_option);
  CHECK(answer.error().message.find("data_plane_url") != std::string::npos);
  CHECK(answer.error().message.find("write_key") != std::string::npos);
  CHECK(answer.error().message.find("two words") == std::string::npos);
  CHECK(made == 0);
}

TEST_CASE("a batch that fails at max_age is dead, however few its attempts, also while the destination is unavailable",
          "[actors][retry]") {
  auto o = virtual_system::defaults();
  o.retry.max_age = 30min;
  for (const bool away : {false, true}) {
    virtual_system sim{o};
    sim.endpoint().answer = away ? always(503) : always(500);
    sim.send_events(20);
    sim.advance(29min);
    CHECK(sim.totals().dead == (away ? 0 : 20)); // ten attempts are over sooner
    sim.advance(2min);
    CHECK(sim.totals().dead == 20);
    const auto page = sim.ask<dead_page>(sim.running().supervisor, list_dead{});
    CHECK(page->entries.at(0).reason.find(away ? "retry.max_age" : "after 10 attempts") != std::string::npos);
  }
}

TEST_CASE("413 makes the next batches smaller, and they grow back", "[actors][batch size]") {
  auto o = virtual_system::defaults();
  o.flush_at = o.max_batch_events = 100;
  virtual_system sim{o};
  std::size_t most = 40;
  sim.endpoint().answer = [&](const fake_endpoint::arrival& a) {
    return delivery_response{.status = a.message_ids.size() > most ? 413 : 200};
  };
  sim.send_events(100);
  sim.run();
  sim.endpoint().arrivals.clear();
  sim.send_events(1'000, "n");
  sim.advance(21s); // the last do not fill a batch
  CHECK(sim.totals().delivered == 1'100);
  for (const auto& a : sim.endpoint().arrivals)
    CHECK(a.message_ids.size() <= 50);
  most = 1'000;
  for (int i = 0; i < 300; ++i) {
    sim.send_events(100, "o" + std::to_string(i) + "-");
    sim.run();
  }
  CHECK(sim.endpoint().arrivals.back().message_ids.size() == 100);
  CHECK(sim.totals().dead == 0);
}

TEST_CASE("a batch that was cut with a larger max_batch_bytes is split, not buried", "[actors][batch size]") {
  const temporary_folder folder;
  auto o = virtual_system::defaults();
  o.persistence = "sqlite:" + folder.path() + "/q.db";
  o.flush_at = 500;
  {
    virtual_system sim{o, {.queue = *make_store(o)}};
    sim.endpoint().answer = unreachable;
    sim.send_events(500);
    sim.run();
    REQUIRE(sim.totals().stored == 500);
  }
  o.max_batch_bytes = 4'096;
  o.max_event_bytes = 1'024;
  const auto small_ones = [](virtual_system& s) {
    s.endpoint().answer = [](const fake_endpoint::arrival& x) {
      return delivery_response{.status = x.message_ids.size() > 10 ? 413 : 200};
    };
  };
  virtual_system sim{o, {.queue = *make_store(o), .first = small_ones, .passed = 1h, .seed = 2}};
  sim.advance(1min);
  CHECK(sim.totals().delivered == 500);
  CHECK(sim.totals().dead == 0);
}

TEST_CASE("with one delivery at a time batches arrive in the order of acceptance: a retry holds the line",
          "[actors][order]") {
  auto o = virtual_system::defaults();
  o.max_in_flight = 1;
  virtual_system sim{o};
  int n = 0;
  sim.endpoint().answer = [&](const fake_endpoint::arrival& a) {
    const int statuses[] = {200, 500, 429, 200, 503, 413};
    const auto status = statuses[++n % 6];
    return delivery_response{.status = status == 413 && a.message_ids.size() < 2 ? 200 : status};
  };
  sim.send_events(1'000);
  sim.advance(30min);
  REQUIRE(sim.endpoint().delivered.size() == 1'000);
  for (std::size_t i = 0; i < 1'000; ++i)
    REQUIRE(sim.endpoint().delivered[i] == "m" + std::to_string(i));
}

TEST_CASE("strict ordering is one delivery at a time, whatever max_in_flight says", "[actors][order]") {
  auto o = virtual_system::defaults();
  o.ordering = delivery_order::strict;
  o.max_batch_events = 20;
  virtual_system sim{o};
  sim.endpoint().answer = [](const auto&) { return std::nullopt; };
  sim.send_events(400);
  sim.run();
  CHECK(sim.endpoint().open() == 1);
}

TEST_CASE("full dead letters are said, and do not count for the burial guard", "[actors][guard]") {
  auto o = virtual_system::defaults();
  o.flush_at = 1;
  o.dead_letters.max_events = 1;
  virtual_system sim{o};
  sim.endpoint().answer = always(400);
  sim.send_events(2);
  sim.advance(2h);
  CHECK(sim.totals().dead == 1);
  CHECK(suspended(sim).empty());
  const auto says = [](const std::string& line) { return line.find("dead letters are full") != std::string::npos; };
  CHECK(std::any_of(sim.log().begin(), sim.log().end(), says));
}

TEST_CASE("a replayed dead letter is as if new, also for its age", "[actors][retry]") {
  auto o = virtual_system::defaults();
  o.retry.max_age = 30min;
  virtual_system sim{o};
  sim.endpoint().answer = always(500);
  sim.send_events(20);
  sim.advance(1h);
  REQUIRE(sim.totals().dead == 20);
  sim.ask<dead_count>(sim.running().supervisor, replay_dead{});
  sim.run();
  sim.endpoint().answer = well;
  sim.advance(10min);
  CHECK(sim.endpoint().delivered.size() == 20);
}

TEST_CASE("attempts and due times outlive the process", "[actors][retry]") {
  const temporary_folder folder;
  auto o = virtual_system::defaults();
  o.persistence = "sqlite:" + folder.path() + "/q.db";
  o.retry.max_attempts = 4;
  o.retry.base = o.retry.cap = 10min;
  int attempts = 0;
  milliseconds passed{0};
  const auto process = [&](milliseconds lives) {
    virtual_system sim{
        o, {.queue = *make_store(o), .passed = passed, .seed = 1 + static_cast<std::uint64_t>(passed.count())}};
    sim.endpoint().answer = [&](const auto&) {
      return ++attempts, delivery_response{.status = 500, .retry_after = "300"};
    };
    if (passed == 0ms)
      sim.send_events(20);
    sim.advance(lives);
    passed += lives;
    return sim.totals();
  };
  process(1min);
  CHECK(attempts == 1);
  process(3min); // not due yet
  CHECK(attempts == 1);
  process(20min);
  CHECK(attempts >= 2);
  process(20min);
  CHECK(process(30min).dead == 0); // it was before
  CHECK(attempts == 4);
  CHECK((*make_store(o))->list_dead("", 1)->at(0).attempts == 4);
}
