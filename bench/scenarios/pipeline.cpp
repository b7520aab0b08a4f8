#include <chrono>
#include <stdexcept>
#include <utility>

#include "floor/floor.hpp"
#include "harness/benches.hpp"
#include "harness/sample.hpp"
#include "support/pipeline.hpp"

namespace sluice::bench {

namespace {

using namespace std::chrono;

constexpr std::pair<const char*, double floor_costs::*> floor_cost_names[] = {{"write_ns", &floor_costs::write},
                                                                              {"compress_ns", &floor_costs::compress},
                                                                              {"store_ns", &floor_costs::store},
                                                                              {"post_ns", &floor_costs::post}};

double run_pipeline(workbench& w, const setting& s, std::int64_t events) {
  test::pipeline p{options_for(s, w.server.url(), w.stores.fresh(s.store))};
  const auto warm = static_cast<std::int64_t>(s.batch) * 8;
  track_samples(p.client(), warm);
  p.client().flush(seconds{60});
  const auto begin = steady_clock::now();
  track_samples(p.client(), events);
  const auto flushed = p.client().flush(seconds{60});
  const auto took = duration<double>(steady_clock::now() - begin).count();
  if (!flushed || flushed->delivered != static_cast<std::uint64_t>(warm + events))
    throw std::runtime_error("the pipeline has not delivered everything");
  return static_cast<double>(events) / took;
}

} // namespace

void bench_pipeline(workbench& w) {
  std::vector<row> floors;
  for (const auto store : {store_kind::redis, store_kind::sqlite, store_kind::memory})
    for (const bool gzip : {true, false})
      for (const std::size_t batch : {20U, 100U, 500U}) {
        const setting s{store, gzip, batch};
        const auto events = 200'000 / w.fewer;
        std::vector<floor_costs> costs;
        const auto runs = in_turn(w.rounds, {[&] { return run_floor(w, s, events, costs.emplace_back()); },
                                             [&] { return run_pipeline(w, s, events); }});
        const auto least = figure_of(runs[0]), real = figure_of(runs[1]);
        row pipeline{{"bench", "pipeline"}, {"store", name_of(store)}, {"gzip", gzip}, {"batch", batch}};
        row floor = pipeline;
        put(pipeline, "events_per_s", real);
        pipeline["floor_events_per_s"] = least.median;
        pipeline["ratio"] = real.median / least.median;
        w.out.add(std::move(pipeline));
        floor["bench"] = "floor";
        put(floor, "events_per_s", least);
        for (const auto& [name, part] : floor_cost_names) {
          std::vector<double> each;
          for (const auto& c : costs)
            each.push_back(c.*part);
          floor[name] = figure_of(std::move(each)).median;
        }
        floors.push_back(std::move(floor));
      }
  for (auto& f : floors)
    w.out.add(std::move(f));
}

} // namespace sluice::bench
