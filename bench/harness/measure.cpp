#include "harness/measure.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <stdexcept>
#include <string>

#include <sys/resource.h>

namespace sluice::bench {

namespace {

// The number behind a name in a file of /proc.
double in_status(const std::string& file, const std::string& name) {
  std::ifstream status{file};
  double number = 0;
  for (std::string word; status >> word;)
    if (word == name)
      status >> number;
  return number;
}

} // namespace

figure figure_of(std::vector<double> runs) {
  std::sort(runs.begin(), runs.end());
  return {percentile(runs, 0.5), runs.front(), runs.back()};
}

double percentile(const std::vector<double>& values, double part) {
  const auto at = static_cast<std::size_t>(std::ceil(part * static_cast<double>(values.size())));
  return values[std::clamp<std::size_t>(at, 1, values.size()) - 1];
}

usage usage_of_process() {
  rusage u{};
  ::getrusage(RUSAGE_SELF, &u);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return {seconds(u.ru_utime) + seconds(u.ru_stime), static_cast<double>(u.ru_nvcsw)};
}

usage usage_of_thread(int id) {
  const auto folder = "/proc/self/task/" + std::to_string(id);
  usage found;
  if (!(std::ifstream{folder + "/schedstat"} >> found.cpu_s))
    throw std::runtime_error("the system does not say what a thread has used");
  found.cpu_s /= 1e9;
  found.switches = in_status(folder + "/status", "voluntary_ctxt_switches:");
  return found;
}

resident resident_mib() {
  const std::string status = "/proc/self/status";
  return {in_status(status, "VmRSS:") / 1'024, in_status(status, "VmHWM:") / 1'024};
}

} // namespace sluice::bench
