#include <map>
#include <string>
#include <vector>

#include "harness/benches.hpp"
#include "scenarios/step.hpp"

namespace sluice::bench {

namespace {

// Runs one step several times and adds its figures to a row.
void add_runs(workbench& w, row r, const step& s) {
  std::map<std::string, std::vector<double>> figures;
  for (int i = 0; i < w.rounds; ++i) {
    const auto found = run_steps({s});
    for (const auto& [name, value] : found[0].items())
      figures[name].push_back(value);
  }
  for (auto& [name, runs] : figures)
    put(r, name, figure_of(std::move(runs)));
  w.out.add(std::move(r));
}

} // namespace

void bench_idle(workbench& w) {
  for (const auto store : {store_kind::memory, store_kind::sqlite, store_kind::redis})
    add_runs(w, {{"bench", "idle"}, {"store", name_of(store)}},
             {"idle", w.stores.fresh(store), w.server.url(), 0, w.fewer == 1 ? 5 : 1});
  constexpr std::int64_t events = 20'000;
  add_runs(w, {{"bench", "hold"}, {"events", events}},
           {"hold", "redis+unix:///nowhere/redis.sock", w.server.url(), events, 0});
}

} // namespace sluice::bench
