#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/report.hpp"

namespace sluice::bench {

/// A part of a measurement in a process of its own, so that its memory and its start are measured alone. The steps:
///
///     fill    stores `events`; returns `ns` per event, and `left`: a few are delivered before the pause takes effect
///     drain   delivers `events` from the queue; returns `recover_ms` until the first delivery, and `ns` per event
///     share   delivers from a shared queue until it is empty; returns `delivered`, and the times of the first and the
///             last delivery: `begin_s`, `end_s`
///     idle    does nothing for `seconds`; returns `cpu_percent` of a core, and `wakeups_per_s`
///     stream  delivers `events` of `bytes` each, with the default options; returns `cpu_ns` of a byte
///     hold    keeps `events` of 300 bytes in memory, while the store is unavailable
///
/// Each returns `resident_mib`, its maximum.
struct step {
  std::string what;
  std::string persistence;
  std::string url;
  std::int64_t events = 0;
  std::int64_t seconds = 0;
  std::int64_t bytes = 0;
};

/// Runs steps at the same time, each in a process of its own, and waits for all. Throws if one of them fails.
std::vector<row> run_steps(const std::vector<step>&);

/// Runs one step in this process and writes its row to standard output. Returns the exit status.
int step_main(const step&);

} // namespace sluice::bench
