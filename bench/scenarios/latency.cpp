#include <algorithm>
#include <chrono>
#include <vector>

#include "harness/benches.hpp"
#include "scenarios/steady.hpp"

namespace sluice::bench {

void bench_latency(workbench& w) {
  for (const auto store : {store_kind::memory, store_kind::sqlite, store_kind::redis})
    for (const std::int64_t rate : {1'000, 50'000}) {
      std::vector<row> runs;
      for (int i = 0; i < w.rounds; ++i) {
        auto o = options_for({.store = store}, w.server.url(), w.stores.fresh(store));
        o.flush_interval = std::chrono::milliseconds{5};
        runs.push_back(measure_latency(o, rate, std::max<std::int64_t>(rate * 2 / w.fewer, 100)));
      }
      row r{{"bench", "latency"}, {"store", name_of(store)}, {"rate", rate}};
      put_medians(r, runs);
      w.out.add(std::move(r));
    }
}

} // namespace sluice::bench
