#pragma once

#include <functional>
#include <vector>

namespace sluice::bench {

/// The figure of several runs.
struct figure {
  double median = 0, least = 0, most = 0;
};

figure figure_of(std::vector<double> runs);

/// Runs the functions in turn, `rounds` times, so that other load on the machine affects all of them. Returns the runs
/// of each.
std::vector<std::vector<double>> in_turn(int rounds, const std::vector<std::function<double()>>& things);

/// Returns a quantile of the sorted `values`: 0.5 is the median.
double percentile(const std::vector<double>& values, double part);

/// Returns the MiB of memory that this process has now, and its maximum.
struct resident {
  double now = 0, most = 0;
};
resident resident_mib();

} // namespace sluice::bench
