#pragma once

#include <cstdint>

#include "harness/benches.hpp"

namespace sluice::bench {

/// Measures from its construction on what happens in this process, without the thread of the benchmark's server, and in
/// Redis if that is the store.
class meter {
public:
  meter(workbench&, store_kind);

  /// Returns the figures of a run of `events`:
  ///
  ///     events_per_s                     the speed
  ///     batch_events                     events of a batch
  ///     cpu_s, redis_cpu_s               seconds of CPU for a million events: of this process, of Redis
  ///     switches                         voluntary context switches of this process for a batch: its threads wait
  ///     redis_commands, redis_scripts    for a batch; the commands in scripts are among them, the scripts are not
  row of_events(std::int64_t events) const;
  /// Returns the shares of a core: `core_percent`, `redis_core_percent`.
  row of_cores() const;
  /// Returns how many requests the server has answered.
  std::int64_t requests() const;

private:
  // Each since some time before.
  struct process_reading {
    double seconds = 0, cpu_s = 0, switches = 0;
    std::int64_t requests = 0;
  };
  struct redis_reading {
    double cpu_s = 0, commands = 0, scripts = 0;
  };
  process_reading of_process() const;
  redis_reading of_redis() const;

  workbench& bench_;
  const bool has_redis_;
  const redis_reading redis_begin_; // takes its time, which is not to count
  const process_reading begin_;
};

} // namespace sluice::bench
