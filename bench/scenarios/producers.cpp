#include <functional>
#include <thread>
#include <vector>

#include "harness/benches.hpp"
#include "harness/meter.hpp"
#include "harness/sample.hpp"
#include "support/pipeline.hpp"

namespace sluice::bench {

namespace {

row run(workbench& w, store_kind store, std::int64_t producers, std::int64_t events) {
  test::pipeline p{default_options(w.server.url(), w.stores.fresh(store))};
  constexpr std::int64_t warm = 1'000;
  track_samples(p.client(), warm);
  deliver_all(p.client(), warm);
  const meter m{w, store};
  std::vector<std::thread> threads;
  for (std::int64_t i = 0; i < producers; ++i)
    threads.emplace_back([&] { track_samples(p.client(), events / producers); });
  for (auto& t : threads)
    t.join();
  deliver_all(p.client(), warm + events);
  return m.of_events(events);
}

} // namespace

void bench_producers(workbench& w) {
  constexpr std::int64_t counts[] = {1, 2, 4, 8};
  const auto events = 400'000 / w.fewer;
  for (const auto store : {store_kind::memory, store_kind::sqlite, store_kind::redis}) {
    std::vector<std::function<row()>> things;
    for (const auto producers : counts)
      things.emplace_back([&w, store, producers, events] { return run(w, store, producers, events); });
    const auto runs = in_turn(w.rounds, things);
    for (std::size_t i = 0; i < runs.size(); ++i) {
      row r{{"bench", "producers"}, {"store", name_of(store)}, {"producers", counts[i]}};
      put_medians(r, runs[i]);
      w.out.add(std::move(r));
    }
  }
}

} // namespace sluice::bench
