#pragma once

#include <cstdint>

#include "harness/null_server.hpp"
#include "harness/places.hpp"
#include "harness/report.hpp"

namespace sluice::bench {

/// What a measurement has to work with.
struct workbench {
  null_server server;
  places stores;
  report out;
  /// Runs of each thing.
  int rounds = 1;
  /// Events are so many times fewer than usual: to see that everything works, and no more.
  std::int64_t fewer = 1;
};

/// From `client.track` to the acknowledged 2xx, beside the floor of the same setting: rows `floor` and `pipeline`.
void bench_pipeline(workbench&);
/// What a track costs its caller.
void bench_enqueue(workbench&);
/// From accepted to delivered, at a steady rate.
void bench_latency(workbench&);
/// Whether the cost of an event depends on how many wait.
void bench_growth(workbench&);
/// Several processes on one queue in Redis.
void bench_scale(workbench&);
/// What a process costs that does nothing, and one that holds a full buffer.
void bench_idle(workbench&);

} // namespace sluice::bench
