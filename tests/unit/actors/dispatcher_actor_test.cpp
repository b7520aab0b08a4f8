#include "support/catch.hpp"

#include <set>

#include "store/memory_store.hpp"
#include "support/virtual_system.hpp"

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

namespace {

// A store whose clock is not ours.
class elsewhere : public memory_store {
public:
  elsewhere(const options& o, milliseconds ahead) : memory_store{o}, ahead_{ahead} {}
  work_result apply(const unit_of_work& work) override {
    auto there = work;
    there.now += ahead_;
    return memory_store::apply(there);
  }

private:
  milliseconds ahead_;
};

// Notes the leases that it grants, and what is acknowledged.
class observed : public memory_store {
public:
  using memory_store::memory_store;
  work_result apply(const unit_of_work& work) override {
    for (const auto& s : work.settlements)
      if (const auto* a = std::get_if<ack>(&s))
        acknowledged.push_back(a->lease);
    auto done = memory_store::apply(work);
    if (done)
      granted.insert(granted.end(), done->granted.begin(), done->granted.end());
    return done;
  }

  std::vector<leased_batch> granted;
  std::vector<lease> acknowledged;
};

} // namespace

TEST_CASE("no more than max_in_flight deliveries are under way", "[actors][dispatcher]") {
  auto o = virtual_system::defaults();
  o.max_in_flight = 3;
  o.max_batch_events = 20;
  virtual_system sim{o};
  sim.endpoint().answer = [](const auto&) { return std::nullopt; };
  sim.send_events(400);
  sim.run();
  CHECK(sim.endpoint().open() == 3);
  for (int i = 0; i < 40 && sim.totals().delivered < 400; ++i) {
    sim.endpoint().answer_open({.status = 200});
    sim.advance(10ms);
  }
  CHECK(sim.endpoint().most_open == 3);
  CHECK(sim.totals().delivered == 400);
}

TEST_CASE("batches are leased ahead of the deliveries, and given back when these stop", "[actors][dispatcher]") {
  auto o = virtual_system::defaults();
  o.max_in_flight = 2;
  o.max_batch_events = 20;
  auto queue = std::make_unique<observed>(o);
  auto& store = *queue;
  virtual_system sim{o, {.queue = std::move(queue)}};
  sim.endpoint().answer = [](const auto&) { return std::nullopt; };
  const auto in_flight = [&] { return store.stats()->in_flight; };
  sim.send_events(400);
  sim.run();
  CHECK(sim.endpoint().open() == 2);
  CHECK(in_flight() == 16 * 20);
  SECTION("by the host") {
    send(sim.self(), sim.running().supervisor, sluice::pause{});
    sim.run();
    CHECK(in_flight() == 2 * 20);
    send(sim.self(), sim.running().supervisor, resume{});
    sim.run();
  }
  SECTION("because the key is wrong") {
    sim.endpoint().answer_open({.status = 401});
    sim.run();
    CHECK(in_flight() == 0);
    send(sim.self(), sim.running().supervisor, resume{});
    sim.run();
  }
  CHECK(sim.endpoint().open() == 2);
  CHECK(in_flight() == 16 * 20);
  for (int i = 0; i < 40; ++i) {
    sim.endpoint().answer_open({.status = 200});
    sim.advance(10ms);
  }
  CHECK(sim.totals().delivered == 400);
  CHECK(sim.totals().failed_attempts == 0);
}

TEST_CASE("what has been leased ahead goes back when the queue is paused", "[actors][dispatcher]") {
  auto o = virtual_system::defaults();
  o.max_in_flight = 2;
  o.max_batch_events = 20;
  o.dead_letters.pause_after = 2;
  auto queue = std::make_unique<observed>(o);
  auto& store = *queue;
  virtual_system sim{o, {.queue = std::move(queue)}};
  sim.endpoint().answer = [](const auto&) { return std::nullopt; };
  sim.send_events(400);
  sim.run();
  sim.endpoint().answer_open({.status = 422});
  sim.run();
  CHECK(sim.totals().dead == 2 * 20);
  CHECK(sim.endpoint().arrivals.size() == 2);
  CHECK(store.stats()->in_flight == 0);
}

TEST_CASE("batches are delivered in the order of acceptance, each once", "[actors][dispatcher]") {
  virtual_system sim;
  sim.send_events(200);
  sim.run();
  REQUIRE(sim.endpoint().delivered.size() == 200);
  for (int i = 0; i < 200; ++i)
    CHECK(sim.endpoint().delivered[static_cast<std::size_t>(i)] == "m" + std::to_string(i));
}

TEST_CASE("sentAt is the moment of the attempt, the batch id is the same at every attempt", "[actors][dispatcher]") {
  virtual_system sim;
  int attempts = 0;
  sim.endpoint().answer = [&](const auto&) { return delivery_response{.status = ++attempts < 3 ? 503 : 200}; };
  sim.send_events(20);
  sim.advance(300s);
  REQUIRE(sim.endpoint().arrivals.size() == 3);
  const auto& a = sim.endpoint().arrivals;
  CHECK(a[0].sent_at < a[1].sent_at);
  CHECK(a[1].sent_at < a[2].sent_at);
  CHECK(a[0].batch_id == a[2].batch_id);
}

TEST_CASE("a poisonous event is buried alone, the rest of its batch is delivered", "[actors][dispatcher]") {
  for (const int status : {400, 413}) {
    virtual_system sim;
    sim.endpoint().answer = [status](const fake_endpoint::arrival& a) {
      for (const auto& id : a.message_ids)
        if (id == "m13")
          return delivery_response{.status = status, .detail = "m13 is bad"};
      return delivery_response{.status = 200};
    };
    sim.send_events(20);
    sim.run();
    CHECK(sim.totals().delivered == 19);
    CHECK(sim.totals().dead == 1);
    auto page = sim.ask<dead_page>(sim.running().supervisor, list_dead{});
    REQUIRE(page);
    REQUIRE(page->entries.size() == 1);
    CHECK(page->entries[0].status == status);
    CHECK(page->entries[0].reason.find("m13 is bad") != std::string::npos);
    auto letter = sim.ask<dead_entry>(sim.running().supervisor, show_dead{page->entries[0].id});
    REQUIRE(letter);
    CHECK(letter->message_ids == std::vector<std::string>{"m13"});
  }
}

TEST_CASE("a wrong key suspends deliveries: nothing is buried, one probe at a time goes out", "[actors][dispatcher]") {
  virtual_system sim;
  std::vector<delivery_suspended> holds;
  auto subscriber = sim.system().spawn([&]() -> caf::behavior {
    return {[&](const delivery_suspended& h) { holds.push_back(h); }, [](const delivery_report&) {}};
  });
  send(sim.self(), sim.running().supervisor, subscribe{subscriber});
  sim.endpoint().answer = [](const auto&) { return delivery_response{.status = 401}; };
  sim.send_events(200);
  sim.run();
  const auto first = sim.endpoint().arrivals.size();
  sim.advance(301s);
  CHECK(sim.endpoint().arrivals.size() == first + 10);
  CHECK(sim.totals().dead == 0);
  REQUIRE(holds.size() == 1);
  CHECK(holds[0].reason.find("401") != std::string::npos);
  sim.endpoint().answer = [](const auto&) { return delivery_response{.status = 200}; };
  send(sim.self(), sim.running().supervisor, resume{});
  sim.settle();
  CHECK(sim.totals().delivered == 200);
  REQUIRE(holds.size() == 2);
  CHECK(holds[1].reason.empty());
  caf::anon_send_exit(subscriber, caf::exit_reason::user_shutdown);
  sim.run();
}

TEST_CASE("a batch grows older while its attempt is under way, whatever the clock of its store says",
          "[actors][dispatcher]") {
  const milliseconds ahead = GENERATE(-1h, 0h, 1h), age = GENERATE(29min, 30min);
  INFO("the store's clock is ahead by " << ahead.count() << " ms, the age is " << age.count() << " ms");
  auto o = virtual_system::defaults();
  o.retry.max_age = 30min;
  virtual_system sim{o, {.queue = std::make_unique<elsewhere>(o, ahead)}};
  sim.endpoint().answer = [](const auto&) { return std::nullopt; };
  sim.send_events(20);
  sim.advance(age);
  sim.endpoint().answer_open({.status = 500});
  sim.run();
  CHECK(sim.totals().dead == (age == o.retry.max_age ? 20 : 0));
}

TEST_CASE("a batch that is leased anew while its attempt is under way is not sent a second time",
          "[actors][dispatcher]") {
  auto queue = std::make_unique<observed>(virtual_system::defaults());
  auto& store = *queue;
  virtual_system sim{virtual_system::defaults(), {.queue = std::move(queue)}};
  sim.endpoint().answer = [](const auto&) { return std::nullopt; };
  sim.send_events(20);
  sim.run();
  REQUIRE(store.granted.size() == 1);
  auto again = store.granted.front();
  ++again.fence;
  send(sim.self(), sim.peers()->dispatcher, sluice::deliver{.batches = {again}});
  sim.run();
  CHECK(sim.endpoint().arrivals.size() == 1);
  sim.endpoint().answer_open({.status = 200});
  sim.settle();
  CHECK(store.acknowledged == std::vector{lease{again.content->id, again.fence}});
}

TEST_CASE("why attempts fail is said once, and how often when they succeed again", "[actors][dispatcher]") {
  virtual_system sim;
  int answers = 0;
  sim.endpoint().answer = [&](const auto&) {
    return ++answers <= 3 ? delivery_response{.status = 500, .detail = "no disk, says test-key"}
                          : delivery_response{.status = 200};
  };
  sim.send_events(20);
  sim.advance(1min);
  const auto said = [&](const std::string& words) {
    return std::count_if(sim.log().begin(), sim.log().end(),
                         [&](const std::string& line) { return line.find(words) != std::string::npos; });
  };
  CHECK(sim.totals().delivered == 20);
  CHECK(said("an attempt failed: HTTP 500: no disk, says [secret]") == 1);
  CHECK(said("deliveries succeed again; 3 attempts had failed: HTTP 500: no disk") == 1);
  CHECK(said("500") == 2);
  const auto stats = sim.ask<system_stats>(sim.running().supervisor, get_stats{});
  REQUIRE(stats);
  CHECK(stats->last_failure == "HTTP 500: no disk, says [secret]");
}
