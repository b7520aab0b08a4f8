#include "support/catch.hpp"

#include "fakes/forwarding_store.hpp"
#include "store/make_store.hpp"
#include "support/virtual_system.hpp"

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

namespace {

// A store that fails while it is told to, in front of a real one.
class failing_store : public forwarding_store {
public:
  struct control {
    bool fails = false;
    bool throws = false;
    bool forgets_to_answer = false;
    /// An empty store, which takes the place of the one there was.
    std::unique_ptr<store> forgets_all;
    store* inner = nullptr;
    bool restarts = false;
    int units = 0;
    std::size_t largest_unit = 0;
  };
  failing_store(std::unique_ptr<store> inner, control& c) : forwarding_store{std::move(inner)}, control_{c} {
    control_.inner = inner_.get();
  }

  work_result apply(const unit_of_work& u) override {
    ++control_.units;
    control_.largest_unit = std::max(control_.largest_unit, u.enqueues.size() + u.settlements.size());
    if (control_.throws)
      throw std::runtime_error("disk on fire");
    if (control_.fails)
      return error{errc::store_failed, "", "away"};
    if (control_.forgets_all) {
      inner_ = std::move(control_.forgets_all);
      control_.inner = inner_.get();
      return store_error{{errc::store_failed, "", "emptied"}, store_signal::went_back};
    }
    if (std::exchange(control_.restarts, false))
      return store_error{{errc::store_failed, "", "restarted"}, store_signal::went_back};
    auto done = inner_->apply(u);
    if (control_.forgets_to_answer)
      return error{errc::store_failed, "", "no answer"};
    return done;
  }

private:
  control& control_;
};

std::unique_ptr<store> failing(failing_store::control& c, const options& o = virtual_system::defaults()) {
  return std::make_unique<failing_store>(*make_store(o), c);
}

} // namespace

TEST_CASE("what a failing store has not taken is kept and stored when it is back", "[actors][persister]") {
  failing_store::control c;
  virtual_system sim{virtual_system::defaults(), {.queue = failing(c)}};
  c.fails = true;
  sim.send_events(500);
  sim.advance(10s);
  CHECK(sim.totals().stored == 0);
  CHECK(c.units < 40); // it backs off
  c.fails = false;
  sim.advance(2s);
  auto report = sim.ask<flush_report>(sim.running().buffer, flush{}, [&] { sim.settle(); });
  REQUIRE(report);
  CHECK(report->delivered == 500);
}

TEST_CASE("a request is answered pending while the store is unavailable, and its event is not lost",
          "[actors][persister]") {
  failing_store::control c;
  virtual_system sim{virtual_system::defaults(), {.queue = failing(c)}};
  c.fails = true;
  auto answer = sim.ask<receipt>(sim.running().buffer, track{.user_id = "u", .event = "e"}, [&] { sim.advance(16s); });
  REQUIRE(!answer);
  CHECK(answer.error().code == errc::pending);
  c.fails = false;
  sim.advance(2s);
  CHECK(sim.totals().delivered == 1);
}

TEST_CASE("a store that throws is taken as failing", "[actors][persister]") {
  failing_store::control c;
  virtual_system sim{virtual_system::defaults(), {.queue = failing(c)}};
  c.throws = true;
  sim.send_events(20);
  sim.advance(1s);
  c.throws = false;
  sim.advance(2s);
  CHECK(sim.totals().delivered == 20);
}

TEST_CASE("what has gathered is applied as one unit of work", "[actors][persister]") {
  failing_store::control c;
  auto o = virtual_system::defaults();
  o.max_batch_events = 20;
  virtual_system sim{o, {.queue = failing(c)}};
  sim.endpoint().answer = [](const auto&) { return std::nullopt; };
  sim.send_events(200);
  sim.run();
  sim.endpoint().answer_open({.status = 200}); // eight settlements at once
  sim.run();
  CHECK(c.largest_unit >= 8);
}

TEST_CASE("while the store has no room, batches wait and the buffer pushes back", "[actors][persister]") {
  auto o = virtual_system::defaults();
  o.queue.max_backlog_events = 100;
  o.max_batch_events = 20;
  o.max_internal_queue_size = 1'000;
  virtual_system sim{o};
  sim.endpoint().answer = [](const auto&) { return std::nullopt; };
  sim.send_events(2'000);
  sim.advance(5s);
  CHECK(sim.totals().accepted == 1'000);
  CHECK(sim.totals().stored == 100);
  sim.endpoint().answer = [](const auto&) { return delivery_response{.status = 200}; };
  sim.endpoint().answer_open({.status = 200});
  auto report = sim.ask<flush_report>(sim.running().buffer, flush{60s}, [&] { sim.advance(61s); });
  REQUIRE(report);
  CHECK(report->delivered == 1'000);
}

TEST_CASE("two dispatchers that come within one unit of work lose no news", "[actors][persister]") {
  virtual_system sim;
  sim.endpoint().answer = [](const auto&) { return std::nullopt; };
  sim.send_events(40);
  sim.run();
  REQUIRE(sim.endpoint().arrivals.size() == 2);
  // As the first would say it and die, and the second, which holds nothing.
  pull first{.capacity = 8, .leased = {}};
  settle settled;
  for (const auto& a : sim.endpoint().arrivals) {
    const auto content = std::make_shared<const batch>(
        batch{.id = a.batch_id, .events = 20, .payload = std::make_shared<const std::string>("p")});
    first.leased.push_back({.content = content, .fence = 1});
    settled.settlements.emplace_back(ack{{a.batch_id, 1}});
  }
  const auto peers = sim.peers();
  send_as(peers->dispatcher, peers->persister, first);
  send_as(peers->dispatcher, peers->persister, settled);
  send_as(peers->dispatcher, peers->persister, pull{.capacity = 8, .leased = {}});
  sim.run();
  CHECK(sim.totals().delivered == 40);
  CHECK(sim.totals().waiting == 0);
}

TEST_CASE("an acknowledgement whose answer got lost is counted once", "[actors][persister]") {
  failing_store::control c;
  virtual_system sim{virtual_system::defaults(), {.queue = failing(c)}};
  sim.endpoint().answer = [](const auto&) { return std::nullopt; };
  sim.send_events(20);
  sim.run();
  c.forgets_to_answer = true;
  sim.endpoint().answer_open({.status = 200});
  sim.advance(1s);
  c.forgets_to_answer = false;
  sim.advance(2s);
  CHECK(sim.totals().delivered == 20);
  CHECK(sim.totals().waiting == 0);
}

TEST_CASE("the persister waits while the supervisor has too many news to handle", "[actors][persister]") {
  virtual_system sim;
  sim.run();
  const auto peers = sim.peers();
  const auto run_all_of = [&](const auto& whom) {
    while (sim.scheduler().run_actor(whom))
      ;
  };
  for (int i = 0; i < 100; ++i) { // each is a unit of work, and has news
    sim.send_events(20);
    run_all_of(peers->buffer);
    run_all_of(peers->persister);
  }
  CHECK(sim.totals().stored == 20 * news_window);
  sim.settle();
  CHECK(sim.totals().delivered == 2'000);
}

TEST_CASE("what a store has forgotten is restored", "[actors][persister]") {
  failing_store::control c;
  auto o = virtual_system::defaults();
  virtual_system sim{o, {.queue = failing(c)}};
  sim.endpoint().answer = [](const auto&) { return std::nullopt; };
  sim.send_events(60);
  sim.run();
  REQUIRE(sim.endpoint().open() == 3);
  c.forgets_all = *make_store(o);
  sim.send_events(20, "late");
  sim.advance(3s);
  CHECK(c.inner->stats()->stored == 80);
  sim.endpoint().answer = [](const auto&) { return delivery_response{.status = 200}; };
  sim.endpoint().answer_open({.status = 200});
  auto report = sim.ask<flush_report>(sim.running().buffer, flush{}, [&] { sim.settle(); });
  REQUIRE(report);
  CHECK(report->delivered == 80);
}

TEST_CASE("what is acknowledged while a restarted store is told again what is leased is not restored",
          "[actors][persister]") {
  failing_store::control c;
  virtual_system sim{virtual_system::defaults(), {.queue = failing(c)}};
  sim.endpoint().answer = [](const auto&) { return std::nullopt; };
  sim.send_events(20);
  sim.run();
  c.restarts = true;
  sim.send_events(20, "late");
  sim.run(); // the store says that it has been restarted
  sim.endpoint().answer_open({.status = 200});
  sim.endpoint().answer = [](const auto&) { return delivery_response{.status = 200}; };
  sim.advance(3s);
  CHECK(sim.totals().delivered == 40);
  const auto s = *c.inner->stats();
  CHECK(s.stored == 40);
  CHECK(s.delivered == 40);
}

TEST_CASE("what a store has lost for good is counted as lost, and nobody waits for it", "[actors][persister]") {
  class durable_store : public failing_store {
  public:
    using failing_store::failing_store;
    bool durable() const noexcept override { return true; }
  };
  failing_store::control c;
  auto o = virtual_system::defaults();
  o.max_in_flight = 1;
  o.max_batch_events = 20;
  virtual_system sim{o, {.queue = std::make_unique<durable_store>(*make_store(o), c)}};
  sim.endpoint().answer = [](const auto&) { return std::nullopt; };
  sim.send_events(60);
  sim.run();
  REQUIRE(sim.totals().stored == 60);
  c.forgets_all = *make_store(o);
  sim.send_events(20, "late");
  sim.advance(3s);
  CHECK(sim.totals().lost == 40);
  sim.endpoint().answer = [](const auto&) { return delivery_response{.status = 200}; };
  sim.endpoint().answer_open({.status = 200});
  auto report = sim.ask<flush_report>(sim.running().buffer, flush{}, [&] { sim.advance(20ms); });
  REQUIRE(report);
  CHECK(report->delivered == 40);
  CHECK(sim.totals().waiting == 0);
  auto end = sim.ask<shutdown_report>(sim.running().supervisor, shutdown{});
  REQUIRE(end);
  CHECK(end->lost == 40);
  CHECK(end->stored == 0);
}
