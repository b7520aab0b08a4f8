#include <chrono>
#include <stdexcept>

#include "harness/benches.hpp"
#include "scenarios/step.hpp"
#include "store/make_store.hpp"

namespace sluice::bench {

namespace {

using namespace std::chrono;

// Measures the query of `sluice status`, in ms.
double status_ms(const options& o) {
  auto queue = make_queue_admin(o);
  if (!queue || !(*queue)->stats())
    throw std::runtime_error("a queue cannot be inspected");
  constexpr int looks = 20;
  const auto begin = steady_clock::now();
  for (int i = 0; i < looks; ++i)
    static_cast<void>((*queue)->stats());
  return duration<double, std::milli>(steady_clock::now() - begin).count() / looks;
}

} // namespace

void bench_growth(workbench& w) {
  for (const auto store : {store_kind::sqlite, store_kind::redis})
    for (const std::int64_t usual : {10'000, 100'000, 1'000'000}) {
      const auto events = std::max<std::int64_t>(usual / w.fewer, 1'000);
      std::vector<double> enqueue, drain, recover, status, memory;
      for (int i = 0; i < w.rounds; ++i) {
        const auto where = w.stores.fresh(store);
        const auto filled = run_steps({{"fill", where, w.server.url(), events, 0}})[0];
        status.push_back(status_ms(options_for({.store = store}, w.server.url(), where)));
        const auto drained = run_steps({{"drain", where, w.server.url(), filled["left"], 0}})[0];
        enqueue.push_back(filled["ns"]);
        drain.push_back(drained["ns"]);
        recover.push_back(drained["recover_ms"]);
        memory.push_back(std::max(filled["resident_mib"].get<double>(), drained["resident_mib"].get<double>()));
      }
      row r{{"bench", "growth"}, {"store", name_of(store)}, {"backlog", events}};
      put(r, "enqueue_ns", figure_of(enqueue));
      put(r, "drain_ns", figure_of(drain));
      r["recover_ms"] = figure_of(recover).median;
      r["status_ms"] = figure_of(status).median;
      r["resident_mib"] = figure_of(memory).median;
      w.out.add(std::move(r));
    }
}

} // namespace sluice::bench
