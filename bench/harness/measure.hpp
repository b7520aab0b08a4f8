#pragma once

#include <functional>
#include <vector>

namespace sluice::bench {

/// Several runs of one thing.
struct figure {
  double median = 0, least = 0, most = 0;
};

figure figure_of(std::vector<double> runs);

/// Runs things one after the other, `rounds` times over, so that what the machine does meanwhile meets them all alike.
/// Gives the runs of each.
std::vector<std::vector<double>> in_turn(int rounds, const std::vector<std::function<double()>>& things);

/// The value below which a part of the sorted `values` lies: 0.5 is the median.
double percentile(const std::vector<double>& values, double part);

/// Megabytes of memory that this process has now, and had at most.
struct resident {
  double now = 0, most = 0;
};
resident resident_mib();

} // namespace sluice::bench
