#include "benches.hpp"
#include "step.hpp"

namespace sluice::bench {

void bench_idle(workbench& w) {
  for (const auto store : {store_kind::memory, store_kind::sqlite, store_kind::redis}) {
    const auto found = run_steps({{"idle", w.stores.fresh(store), w.server.url(), 0, w.fewer == 1 ? 10 : 1}})[0];
    row r{{"bench", "idle"}, {"store", name_of(store)}};
    r.update(found);
    w.out.add(std::move(r));
  }
  const std::int64_t events = 20'000;
  const auto found = run_steps({{"hold", "redis+unix:///nowhere/redis.sock", w.server.url(), events, 0}})[0];
  row r{{"bench", "hold"}, {"events", events}};
  r.update(found);
  w.out.add(std::move(r));
}

} // namespace sluice::bench
