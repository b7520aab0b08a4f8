#include <vector>

#include "harness/benches.hpp"
#include "scenarios/step.hpp"

namespace sluice::bench {

void bench_sizes(workbench& w) {
  for (const auto store : {store_kind::memory, store_kind::sqlite, store_kind::redis})
    for (const std::int64_t bytes : {300, 3'000, 30'000}) {
      const auto events = 200'000'000 / bytes / w.fewer;
      std::vector<row> runs;
      for (int i = 0; i < w.rounds; ++i)
        runs.push_back(run_steps({{.what = "stream",
                                   .persistence = w.stores.fresh(store),
                                   .url = w.server.url(),
                                   .events = events,
                                   .bytes = bytes}})[0]);
      row r{{"bench", "sizes"}, {"store", name_of(store)}, {"bytes", bytes}};
      put_medians(r, runs);
      w.out.add(std::move(r));
    }
}

} // namespace sluice::bench
