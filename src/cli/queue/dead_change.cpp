#include "cli/queue/dead_change.hpp"

#include <chrono>
#include <cstdio>
#include <set>
#include <thread>

#include <unistd.h>

namespace sluice {

namespace {

using steady = std::chrono::steady_clock;

// Batches to change at a time. Few, so that other users of the queue wait only briefly.
constexpr std::size_t at_a_time = 100;

struct tally {
  std::uint64_t batches = 0;
  std::uint64_t events = 0;
};

void say(const tally& t, bool over) {
  const bool terminal = ::isatty(STDERR_FILENO) == 1;
  if (!terminal && !over)
    return;
  std::fprintf(stderr, "%s%llu batches, %llu events%s", terminal ? "\r\033[K" : "",
               static_cast<unsigned long long>(t.batches), static_cast<unsigned long long>(t.events), over ? "\n" : "");
}

} // namespace

void dead_change::add_to(CLI::App& command) {
  command.add_flag("--all", all, "Select every dead letter");
  command.add_flag("--dry-run", dry_run, "Count the selected dead letters and change nothing");
  command.add_option("--rate", rate, "The most events per second")->check(CLI::PositiveNumber);
}

result<void> dead_change::apply(queue_admin& queue, const dead_filter& filter, operation what) const {
  tally done;
  std::vector<std::string> some;
  const auto began = steady::now();
  error failure;
  const auto change_some = [&] {
    if (some.empty())
      return true;
    const auto changed = (queue.*what)(some);
    if (!changed) {
      failure = changed.error();
      return false;
    }
    done.batches += some.size();
    done.events += *changed;
    some.clear();
    say(done, false);
    if (rate > 0)
      std::this_thread::sleep_until(began + std::chrono::duration_cast<steady::duration>(std::chrono::duration<double>{
                                                static_cast<double>(done.events) / rate}));
    return true;
  };
  std::uint64_t gathered = 0;
  std::set<std::string> missing{filter.ids.begin(), filter.ids.end()};
  const auto listed = each_dead(queue, filter, "", [&](const dead_letter& d) {
    missing.erase(d.id);
    if (dry_run) {
      ++done.batches;
      done.events += d.events;
      return true;
    }
    some.push_back(d.id);
    gathered += d.events;
    if (some.size() < at_a_time && (rate <= 0 || static_cast<double>(gathered) < rate / 5))
      return true;
    gathered = 0;
    return change_some();
  });
  if (!listed)
    return listed.error();
  if (!change_some() || failure.code != errc{})
    return failure;
  say(done, true);
  if (!missing.empty())
    return error{errc::unknown_batch, "", "no dead letter that was selected has the ID " + *missing.begin()};
  return {};
}

} // namespace sluice
