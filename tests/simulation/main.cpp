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
    const auto c = w.counts();
    sum.events += c.events;
    sum.rejected += c.rejected;
    sum.taken += c.taken;
    sum.duplicates += c.duplicates;
    sum.requests += c.requests;
    sum.dead += c.dead;
    sum.kills += c.kills;
    sum.crashes += c.crashes;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::printf(
      "%llu seeds from %llu without a violation in %.1f s: %llu events, %llu of them rejected, %llu arrived, %llu "
      "twice or more, %llu dead; %llu HTTP requests, %llu actors killed, %llu processes crashed\n",
      static_cast<unsigned long long>(seeds), static_cast<unsigned long long>(first), took.count(),
      static_cast<unsigned long long>(sum.events), static_cast<unsigned long long>(sum.rejected),
      static_cast<unsigned long long>(sum.taken), static_cast<unsigned long long>(sum.duplicates),
      static_cast<unsigned long long>(sum.dead), static_cast<unsigned long long>(sum.requests),
      static_cast<unsigned long long>(sum.kills), static_cast<unsigned long long>(sum.crashes));
  return 0;
}
