#pragma once

#include <vector>

namespace sluice::bench {

/// The figure of several runs.
struct figure {
  double median = 0, least = 0, most = 0;
};

figure figure_of(std::vector<double> runs);

/// Returns a quantile of the sorted `values`: 0.5 is the median.
double percentile(const std::vector<double>& values, double part);

/// What a process or a thread has used since its start.
struct usage {
  double cpu_s = 0;
  double switches = 0; ///< Voluntary context switches.
};
usage usage_of_process();
/// Returns that of a thread of this process that runs, by its number in the system.
usage usage_of_thread(int id);

/// Returns the MiB of memory that this process has now, and its maximum.
struct resident {
  double now = 0, most = 0;
};
resident resident_mib();

} // namespace sluice::bench
