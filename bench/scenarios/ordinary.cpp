#include <algorithm>
#include <vector>

#include "harness/benches.hpp"
#include "harness/meter.hpp"
#include "harness/sample.hpp"
#include "scenarios/steady.hpp"
#include "support/pipeline.hpp"

namespace sluice::bench {

namespace {

row measure_cores(workbench& w, store_kind store, const options& o, std::int64_t rate, std::int64_t events) {
  test::pipeline p{o};
  const auto send = [&](std::int64_t) { track_samples(p.client(), 1); };
  const auto warm = events / 10;
  at_rate(rate, warm, send);
  const meter m{w, store};
  at_rate(rate, events, send);
  auto shares = m.of_cores();
  deliver_all(p.client(), warm + events);
  return shares;
}

} // namespace

void bench_ordinary(workbench& w) {
  for (const auto store : {store_kind::memory, store_kind::sqlite, store_kind::redis})
    for (const std::int64_t rate : {10'000, 50'000}) {
      const auto events = std::max<std::int64_t>(rate * 2 / w.fewer, 100);
      const auto fresh = [&] { return default_options(w.server.url(), w.stores.fresh(store)); };
      // What tells the latencies costs more than the events themselves: each is measured by itself.
      const auto runs = in_turn(w.rounds, {[&] { return measure_cores(w, store, fresh(), rate, events); },
                                           [&] { return measure_latency(fresh(), rate, events); }});
      row r{{"bench", "ordinary"}, {"store", name_of(store)}, {"rate", rate}};
      put_medians(r, runs[0]);
      put_medians(r, runs[1]);
      w.out.add(std::move(r));
    }
}

} // namespace sluice::bench
