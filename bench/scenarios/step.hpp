#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/report.hpp"

namespace sluice::bench {

/// A part of a measurement in a process of its own, which has the memory and the start to itself. What it may do:
///
///     fill    store `events`; gives `ns` of an event, and how many are `left`: some went before the pause was heard
///     drain   deliver `events` that are there; gives `recover_ms` until the first is delivered, and `ns` of an event
///     share   deliver from a queue that others deliver from, too, until it is empty; gives `delivered`, and when the
///             first and the last of them were: `begin_s`, `end_s`
///     idle    do nothing for `seconds`; gives `cpu_percent` of a core, and `wakeups_per_s`
///     hold    hold `events` of 300 bytes in memory, with nowhere to store them
///
/// Each gives `resident_mib`, the most it had.
struct step {
  std::string what;
  std::string persistence;
  std::string url;
  std::int64_t events = 0;
  std::int64_t seconds = 0;
};

/// Runs steps to their end, each in a process of its own, all at once. Throws if one of them fails.
std::vector<row> run_steps(const std::vector<step>&);

/// One of these processes: writes its row to its standard output. Gives its exit status.
int step_main(const step&);

} // namespace sluice::bench
