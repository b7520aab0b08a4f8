#pragma once

#include <cstdint>

#include "harness/null_server.hpp"
#include "harness/places.hpp"
#include "harness/report.hpp"

namespace sluice::bench {

/// The resources and settings of a measurement.
struct workbench {
  null_server server;
  places stores;
  report out;
  /// The runs of each measurement.
  int rounds = 1;
  /// Divides the usual number of events, for a quick check that everything works.
  std::int64_t fewer = 1;
};

/// Compares a pipeline, from `client.track` to the acknowledged 2xx, with the floors of the same setting: rows
/// `pipeline`. Measures what each of them costs: rows `cost`.
void bench_pipeline(workbench&);
/// Measures the cost of a track for its caller.
void bench_enqueue(workbench&);
/// Measures the time from accepted to stored and to delivered, at a steady rate.
void bench_latency(workbench&);
/// Measures the same, and the shares of a core, at an ordinary load and with the default options.
void bench_ordinary(workbench&);
/// Measures several producers, with the default options.
void bench_producers(workbench&);
/// Measures events of several sizes, with the default options.
void bench_sizes(workbench&);
/// Measures whether the cost of an event depends on the backlog.
void bench_growth(workbench&);
/// Measures several processes that share one queue in Redis.
void bench_scale(workbench&);
/// Measures an idle process, and one with a full buffer.
void bench_idle(workbench&);

} // namespace sluice::bench
