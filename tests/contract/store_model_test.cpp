#include "support/catch.hpp"

#include <algorithm>
#include <random>

#include "contract/backends.hpp"
#include "support/command_queue.hpp"

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

namespace {

// The same promises, written down naively: a list of batches, each with its state, searched from end to end.
struct model {
  enum class state { ready, in_flight, retry, dead, gone };
  struct entry {
    std::string id;
    std::pair<int, std::string> place; // halves share the number of the whole
    std::uint32_t events;
    state is = state::ready;
    std::uint64_t fence = 0;
    int attempts = 0;
    store_time due{};
  };
  std::vector<entry> all;

  entry* find(const std::string& id) {
    const auto i =
        std::find_if(all.begin(), all.end(), [&](const entry& e) { return e.id == id && e.is != state::gone; });
    return i == all.end() ? nullptr : &*i;
  }
  std::uint64_t events_in(state s) const {
    std::uint64_t n = 0;
    for (const auto& e : all)
      n += e.is == s ? e.events : 0;
    return n;
  }
  entry* oldest_ready() {
    entry* best = nullptr;
    for (auto& e : all)
      if (e.is == state::ready && (!best || e.place < best->place))
        best = &e;
    return best;
  }
};

} // namespace

TEMPLATE_LIST_TEST_CASE("random operations leave every batch in exactly the state that it should be in", "[store]",
                        backends) {
  const auto seed = setting("SLUICE_SEED", std::random_device{}());
  const auto wanted = setting("SLUICE_OPERATIONS", 20'000);
  INFO("SLUICE_SEED=" << seed);
  std::mt19937_64 random{seed};
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
  TestType backend;
  options o;
  o.queue.lease = o.queue.owner_ttl = std::chrono::hours{1}; // however slow the machine is, none ends by itself
  auto under_test = backend.open(o, "test").value();
  model m;
  std::vector<lease> known; // present leases and old ones
  // A clock that the test does not set must not decide anything: what is due is due at once, or never.
  const auto delay_of = [](std::size_t ms) {
    return std::is_base_of_v<virtual_clock, TestType> ? milliseconds{ms} : milliseconds{ms < 100 ? 0 : 3'600'000};
  };
  int next_id = 0;
  bool paused = false;
  for (std::uint64_t operations = 0; operations < wanted;) {
    unit_of_work w;
    if constexpr (std::is_base_of_v<virtual_clock, TestType>)
      backend.pass(milliseconds{below(50)});
    const auto now = backend.now();
    w.now = now;
    std::vector<settle_outcome> expected;
    for (std::size_t n = below(4); n > 0 && !known.empty(); --n, ++operations) {
      const auto l = known[below(known.size())];
      auto* e = m.find(l.id);
      const bool live = e && e->is == model::state::in_flight && e->fence == l.fence;
      const auto choice = below(6);
      // Sent again, a settlement has happened once.
      const bool before = e && e->fence == l.fence && choice >= 2 && choice <= 4 &&
                          e->is == (choice == 2   ? model::state::retry
                                    : choice == 3 ? model::state::dead
                                                  : model::state::ready);
      expected.push_back(!e ? settle_outcome::gone : live || before ? settle_outcome::applied : settle_outcome::stale);
      switch (choice) {
      case 0:
      case 1:
        w.settlements.emplace_back(ack{l});
        if (live)
          e->is = model::state::gone;
        break;
      case 2: {
        const milliseconds delay = delay_of(below(200));
        const bool counted = below(3) > 0;
        if (counted)
          w.settlements.emplace_back(nack{l, delay, {}});
        else
          w.settlements.emplace_back(defer{l, delay, {}});
        if (live) {
          e->is = model::state::retry;
          e->due = now + delay;
          e->attempts += counted ? 1 : 0;
        }
        break;
      }
      case 3:
        w.settlements.emplace_back(bury{l, {}});
        if (live) {
          e->is = model::state::dead;
          ++e->attempts;
        }
        break;
      case 4:
        w.settlements.emplace_back(release{l});
        if (live)
          e->is = model::state::ready;
        break;
      default: {
        const std::uint32_t total = e ? e->events : 2, first = total / 2;
        const auto half = [&](const char* which, std::uint32_t events) {
          return std::make_shared<const batch>(
              batch{.id = l.id + which,
                    .events = events,
                    .payload = std::make_shared<const std::string>("body of " + l.id + which)});
        };
        if (l.id.size() > 20 || total < 2) { // deep enough
          expected.pop_back();
          break;
        }
        w.settlements.emplace_back(split{l, half(".0", first), half(".1", total - first)});
        if (live) {
          e->is = model::state::gone;
          const auto whole = *e;
          m.all.push_back({whole.id + ".0", {whole.place.first, whole.id + ".0"}, first});
          m.all.push_back({whole.id + ".1", {whole.place.first, whole.id + ".1"}, total - first});
        }
      }
      }
    }
    for (auto& e : m.all)
      if (e.is == model::state::retry && e.due <= now)
        e.is = model::state::ready;
    for (std::size_t n = below(3); n > 0; --n, ++operations) {
      // Now and then the same again, as after an answer that was lost.
      const bool again = below(5) == 0 && !known.empty() && m.find(known.back().id);
      const auto id = again ? known.back().id : "b" + std::to_string(++next_id);
      const auto events = static_cast<std::uint32_t>(2 + id.size() % 7);
      w.enqueues.push_back(std::make_shared<const batch>(
          batch{.id = id, .events = events, .payload = std::make_shared<const std::string>("body of " + id)}));
      if (!m.find(id))
        m.all.push_back({id, {next_id, id}, events});
    }
    w.slots = below(3);
    if (below(10) == 0)
      w.pause = paused = below(4) == 0;
    const auto done = under_test->apply(w);
    REQUIRE(done);
    REQUIRE(done->settled == expected);
    REQUIRE(done->paused == paused);
    for (std::size_t i = 0; i < (paused ? 0 : w.slots); ++i) {
      auto* e = m.oldest_ready();
      if (!e) {
        REQUIRE(done->granted.size() == i);
        break;
      }
      REQUIRE(done->granted.size() > i);
      REQUIRE(done->granted[i].content->id == e->id);
      REQUIRE(*done->granted[i].content->payload == "body of " + e->id);
      REQUIRE(done->granted[i].attempts == e->attempts);
      REQUIRE(done->granted[i].fence > e->fence);
      e->fence = done->granted[i].fence;
      e->is = model::state::in_flight;
      known.push_back({e->id, e->fence});
    }
    if (below(40) == 0) {
      REQUIRE(*under_test->replay_dead({}) == m.events_in(model::state::dead));
      for (auto& e : m.all)
        if (e.is == model::state::dead) {
          e.is = model::state::ready;
          e.attempts = 0;
        }
    }
    if (below(150) == 0) {
      REQUIRE(*under_test->purge_dead({}) == m.events_in(model::state::dead));
      for (auto& e : m.all)
        if (e.is == model::state::dead)
          e.is = model::state::gone;
    }
    REQUIRE((!paused || done->granted.empty()));
    const auto s = *under_test->stats();
    REQUIRE(s.ready == m.events_in(model::state::ready));
    REQUIRE(s.in_flight == m.events_in(model::state::in_flight));
    REQUIRE(s.retry == m.events_in(model::state::retry));
    REQUIRE(s.dead == m.events_in(model::state::dead));
    REQUIRE(s.stored == s.delivered + s.dead + s.ready + s.in_flight + s.retry + s.purged + s.erased);
    if (below(200) == 0)
      REQUIRE(backend.agrees());
    if (known.size() > 40)
      known.erase(known.begin(), known.begin() + 20);
    if (m.all.size() > 400)
      std::erase_if(m.all, [](const model::entry& e) { return e.is == model::state::gone; });
  }
}
