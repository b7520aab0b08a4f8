#include <algorithm>
#include <stdexcept>

#include "harness/benches.hpp"
#include "scenarios/step.hpp"

namespace sluice::bench {

namespace {

double run(workbench& w, std::size_t processes, std::int64_t events) {
  const auto where = w.stores.fresh(store_kind::redis);
  const auto left = run_steps({{"fill", where, w.server.url(), events, 0}})[0]["left"].get<std::int64_t>();
  double begin = 0, end = 0;
  std::int64_t delivered = 0;
  for (const auto& r : run_steps(std::vector<step>(processes, {"share", where, w.server.url(), left, 0}))) {
    delivered += r["delivered"].get<std::int64_t>();
    if (!r.contains("end_s"))
      continue; // other processes delivered everything
    begin = begin == 0 ? r["begin_s"].get<double>() : std::min(begin, r["begin_s"].get<double>());
    end = std::max(end, r["end_s"].get<double>());
  }
  if (delivered != left)
    throw std::runtime_error("the processes have not delivered everything");
  return static_cast<double>(left) / (end - begin);
}

} // namespace

void bench_scale(workbench& w) {
  for (const std::size_t processes : {1U, 2U, 4U}) {
    const auto events = 400'000 / w.fewer;
    std::vector<double> runs;
    for (int i = 0; i < w.rounds; ++i)
      runs.push_back(run(w, processes, events));
    row r{{"bench", "scale"}, {"processes", processes}};
    put(r, "events_per_s", figure_of(runs));
    w.out.add(std::move(r));
  }
}

} // namespace sluice::bench
