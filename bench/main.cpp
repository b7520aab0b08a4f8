// Measures the cost of an event. Loopback only; every figure is the median of several runs, with minimum and maximum.

#include <algorithm>
#include <cstdio>
#include <exception>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "harness/benches.hpp"
#include "scenarios/step.hpp"

using namespace sluice::bench;

int main(int argc, char** argv) {
  CLI::App app{"Measures the cost of an event, beside floors: the cost of the same work without this library."};
  std::string json;
  std::vector<std::string> only;
  bool brief = false;
  int rounds = 5;
  const std::map<std::string, void (*)(workbench&)> benches{
      {"pipeline", bench_pipeline},   {"enqueue", bench_enqueue}, {"latency", bench_latency},
      {"ordinary", bench_ordinary},   {"growth", bench_growth},   {"sizes", bench_sizes},
      {"producers", bench_producers}, {"scale", bench_scale},     {"idle", bench_idle}};
  app.add_option("--json", json, "write the figures to this file as JSON");
  app.add_option("--only", only, "run only these benchmarks")->check(CLI::IsMember(benches));
  app.add_option("--rounds", rounds, "runs of each measurement")->check(CLI::Range(1, 100))->capture_default_str();
  app.add_flag("--brief", brief, "one short run of each measurement, to check that it works; the figures mean nothing");
  step part;
  auto* of_a_process = app.add_subcommand("step")->group("");
  of_a_process->add_option("what", part.what)->required();
  of_a_process->add_option("persistence", part.persistence)->required();
  of_a_process->add_option("url", part.url)->required();
  of_a_process->add_option("events", part.events)->required();
  of_a_process->add_option("seconds", part.seconds)->required();
  of_a_process->add_option("bytes", part.bytes);
  CLI11_PARSE(app, argc, argv);
  if (*of_a_process)
    return step_main(part);
  try {
    workbench w;
    w.rounds = brief ? 1 : rounds;
    w.fewer = brief ? 100 : 1;
    for (const auto& [name, run] : benches)
      if (only.empty() || std::find(only.begin(), only.end(), name) != only.end())
        run(w);
    if (!json.empty() && !(std::ofstream{json} << w.out.json()).flush()) {
      std::fprintf(stderr, "%s cannot be written\n", json.c_str());
      return 1;
    }
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
  return 0;
}
