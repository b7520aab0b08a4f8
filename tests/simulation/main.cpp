// The whole pipeline under simulated time, from seeds. Exit status: 0 if every promise was kept, 1 if not, 2 if the
// arguments are wrong.

#include <chrono>
#include <cstdio>
#include <string>

#include <CLI/CLI.hpp>

#include "simulation/world.hpp"

using namespace sluice::test;

int main(int argc, char** argv) {
  std::uint64_t seeds = 1'000, first = 1;
  bool verbose = false;
  CLI::App app{"Runs the whole pipeline under simulated time, with everything that can fail failing"};
  app.add_option("--seeds", seeds, "How many runs")->capture_default_str();
  app.add_option("--first", first, "The seed of the first; the next ones follow")->capture_default_str();
  app.add_flag("--verbose", verbose, "Print what happens in each");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : 2;
  }
  const auto begin = std::chrono::steady_clock::now();
  world_counts sum;
  for (auto seed = first; seed < first + seeds; ++seed) {
    world w{seed};
    const auto violation = w.run();
    if (violation || verbose)
      for (const auto& line : w.schedule())
        std::printf("%s\n", line.c_str());
    if (violation) {
      std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), violation->c_str());
      return 1;
    }
    sum.add(w.counts());
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  const auto number = [](std::uint64_t n) { return std::to_string(n); };
  const auto lines = number(seeds) + " seeds from " + number(first) + " without a violation in " +
                     number(static_cast<std::uint64_t>(took.count())) + " s\n  " + number(sum.events) +
                     " events: " + number(sum.rejected) + " rejected, " + number(sum.taken) + " arrived, " +
                     number(sum.duplicates) + " twice or more, " + number(sum.dead) + " dead; " + number(sum.requests) +
                     " HTTP requests\n  " + number(sum.processes_at_most) + " processes at most: " + number(sum.kills) +
                     " actors killed, " + number(sum.crashes) + " processes crashed, " + number(sum.stops) +
                     " stopped, " + number(sum.clock_steps) + " clocks set, " + number(sum.takeovers) +
                     " takeovers\n  " + number(sum.batches_forgotten) +
                     " batches forgotten by the store: " + number(sum.lost) + " events counted as lost, " +
                     number(sum.elsewhere) + " as ended elsewhere\n";
  std::fputs(lines.c_str(), stdout);
  return 0;
}
