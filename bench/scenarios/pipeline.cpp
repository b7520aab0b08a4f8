#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "floor/floor.hpp"
#include "harness/benches.hpp"
#include "harness/meter.hpp"
#include "harness/sample.hpp"
#include "support/pipeline.hpp"

namespace sluice::bench {

namespace {

row run_pipeline(workbench& w, const setting& s, std::int64_t events) {
  test::pipeline p{options_for(s, w.server.url(), w.stores.fresh(s.store))};
  const auto warm = static_cast<std::int64_t>(s.batch) * 8;
  track_samples(p.client(), warm);
  deliver_all(p.client(), warm);
  const meter m{w, s.store};
  track_samples(p.client(), events);
  deliver_all(p.client(), warm + events);
  return m.of_events(events);
}

// Compares the pipeline with its floors. Appends what each costs to `costs`.
row compare(workbench& w, const setting& s, std::vector<row>& costs) {
  const auto events = 200'000 / w.fewer;
  std::vector<std::string> names{"pipeline", "floor"};
  std::vector<std::function<row()>> things{[&] { return run_pipeline(w, s, events); },
                                           [&] { return run_floor(w, s, floor_commands::own, events); }};
  if (s.store == store_kind::redis) {
    names.emplace_back("plain_floor");
    things.emplace_back([&] { return run_floor(w, s, floor_commands::plain, events); });
  }
  const auto runs = in_turn(w.rounds, things);
  const row where{{"store", name_of(s.store)}, {"gzip", s.gzip}, {"batch", s.batch}};
  row compared{{"bench", "pipeline"}};
  compared.update(where);
  const auto real = figure_of(runs[0], "events_per_s");
  put(compared, "events_per_s", real);
  for (std::size_t i = 0; i < runs.size(); ++i) {
    row cost{{"bench", "cost"}, {"of", names[i]}};
    cost.update(where);
    put_medians(cost, runs[i]);
    if (i > 0) {
      compared[names[i] + "_per_s"] = cost["events_per_s"];
      compared[names[i] + "_ratio"] = real.median / cost["events_per_s"].get<double>();
    }
    costs.push_back(std::move(cost));
  }
  return compared;
}

} // namespace

void bench_pipeline(workbench& w) {
  std::vector<row> costs;
  for (const auto store : {store_kind::redis, store_kind::sqlite, store_kind::memory})
    for (const bool gzip : {true, false})
      for (const std::size_t batch : {20U, 100U, 500U})
        w.out.add(compare(w, {store, gzip, batch}, costs));
  for (auto& c : costs)
    w.out.add(std::move(c));
}

} // namespace sluice::bench
