#include "harness/measure.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>

namespace sluice::bench {

figure figure_of(std::vector<double> runs) {
  std::sort(runs.begin(), runs.end());
  return {percentile(runs, 0.5), runs.front(), runs.back()};
}

std::vector<std::vector<double>> in_turn(int rounds, const std::vector<std::function<double()>>& things) {
  std::vector<std::vector<double>> runs(things.size());
  for (int i = 0; i < rounds; ++i)
    for (std::size_t k = 0; k < things.size(); ++k)
      runs[k].push_back(things[k]());
  return runs;
}

double percentile(const std::vector<double>& values, double part) {
  const auto at = static_cast<std::size_t>(std::ceil(part * static_cast<double>(values.size())));
  return values[std::clamp<std::size_t>(at, 1, values.size()) - 1];
}

resident resident_mib() {
  resident found;
  std::ifstream status{"/proc/self/status"};
  for (std::string word; status >> word;) {
    double* to = word == "VmRSS:" ? &found.now : word == "VmHWM:" ? &found.most : nullptr;
    if (to && status >> *to)
      *to /= 1'024;
  }
  return found;
}

} // namespace sluice::bench
