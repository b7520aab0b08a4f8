#include "support/catch.hpp"

#include "fakes/forwarding_store.hpp"
#include "store/make_store.hpp"
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

// Writes down what it is asked to change.
class watched_store : public forwarding_store {
public:
  struct record {
    std::vector<std::string> calls;
    /// Happens at the first replay or purge.
    std::function<void()> at_first_change;
  };
  watched_store(std::unique_ptr<store> inner, record& r) : forwarding_store{std::move(inner)}, record_{r} {}

  work_result apply(const unit_of_work& u) override {
    record_.calls.emplace_back("apply");
    return forwarding_store::apply(u);
  }
  result<std::uint64_t> replay_dead(const std::vector<std::string>& ids) override { return change("replay ", ids); }
  result<std::uint64_t> purge_dead(const std::vector<std::string>& ids) override { return change("purge ", ids); }

private:
  result<std::uint64_t> change(const std::string& what, const std::vector<std::string>& ids) {
    record_.calls.push_back(what + (ids.empty() ? "all" : std::to_string(ids.size())));
    if (const auto happens = std::exchange(record_.at_first_change, nullptr))
      happens();
    return what == "replay " ? inner_->replay_dead(ids) : inner_->purge_dead(ids);
  }

  record& record_;
};

// Buries batches `d0`, `d1`, … of one event each.
void bury_batches(store& in, int batches) {
  unit_of_work w;
  w.incarnation = "earlier";
  w.slots = static_cast<std::size_t>(batches);
  for (int i = 0; i < batches; ++i)
    w.enqueues.push_back(std::make_shared<const batch>(
        batch{.id = "d" + std::to_string(i), .events = 1, .payload = std::make_shared<const std::string>("payload")}));
  const auto stored = in.apply(w);
  REQUIRE(stored);
  w = {};
  for (const auto& b : stored->granted)
    w.settlements.emplace_back(sluice::bury{{b.content->id, b.fence}, {400, "bad"}});
  REQUIRE(in.apply(w));
}

} // namespace

TEST_CASE("a change of very many dead letters goes in pages, and others have their turn in between", "[actors][dead]") {
  watched_store::record seen;
  auto inner = *make_store(virtual_system::defaults());
  bury_batches(*inner, 1'200);
  virtual_system sim{virtual_system::defaults(), {.queue = std::make_unique<watched_store>(std::move(inner), seen)}};
  sim.run();
  seen.calls.clear();
  const auto& supervisor = sim.running().supervisor;
  SECTION("a purge of all") {
    seen.at_first_change = [&, persister = sim.peers()->persister] { send(sim.self(), persister, promote_due{}); };
    const auto purged = sim.ask<dead_count>(supervisor, purge_dead{});
    REQUIRE(purged);
    CHECK(purged->events == 1'200);
    CHECK(seen.calls == std::vector<std::string>{"purge 500", "purge 500", "apply", "purge 200", "apply"});
  }
  SECTION("a replay of given ones") {
    replay_dead given;
    for (int i = 100; i < 1'199; ++i)
      given.ids.push_back("d" + std::to_string(i));
    sim.endpoint().answer = [](const auto&) { return delivery_response{.status = 422, .detail = "no"}; };
    const auto replayed = sim.ask<dead_count>(supervisor, given);
    REQUIRE(replayed);
    CHECK(replayed->events == 1'099);
    std::erase(seen.calls, "apply");
    CHECK(seen.calls == std::vector<std::string>{"replay 500", "replay 500", "replay 99"});
  }
  SECTION("a replay of all does not meet its own results") {
    sim.endpoint().answer = [](const auto&) { return delivery_response{.status = 422, .detail = "no"}; };
    const auto replayed = sim.ask<dead_count>(supervisor, replay_dead{});
    REQUIRE(replayed);
    CHECK(replayed->events == 1'200);
  }
}

TEST_CASE("a stop ends a change of very many dead letters with an error", "[actors][dead]") {
  watched_store::record seen;
  auto inner = *make_store(virtual_system::defaults());
  bury_batches(*inner, 1'200);
  virtual_system sim{virtual_system::defaults(), {.queue = std::make_unique<watched_store>(std::move(inner), seen)}};
  sim.run();
  seen.calls.clear();
  seen.at_first_change = [&, persister = sim.peers()->persister] { send(sim.self(), persister, finish{}); };
  const auto purged = sim.ask<dead_count>(sim.running().supervisor, purge_dead{});
  CHECK((purged ? errc{} : purged.error().code) == errc::closed);
  CHECK(seen.calls.at(0) == "purge 500");
  CHECK(std::count(seen.calls.begin(), seen.calls.end(), "purge 500") == 1);
}

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
