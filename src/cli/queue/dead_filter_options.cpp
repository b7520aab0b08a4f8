#include "cli/queue/dead_filter_options.hpp"

#include "cli/duration_option.hpp"

namespace sluice {

void add_dead_filter(CLI::App& command, dead_filter& filter) {
  command.add_option("--status", filter.status, "Only those with this last HTTP status; 0: no response")
      ->check(CLI::Range(0, 999));
  command.add_option("--reason", filter.reason, "Only those whose reason contains this text");
  constexpr duration_range any_age{milliseconds{1}, milliseconds{std::int64_t{3'650} * 86'400'000}};
  add_duration_option(command, "--older-than", filter.older_than, plain_unit::none,
                      "Only those buried longer ago than this", any_age);
  add_duration_option(command, "--younger-than", filter.younger_than, plain_unit::none,
                      "Only those buried within this time", any_age);
  command.add_option("--event", filter.event, "Only those with a track event of this name");
  command.add_option("--user", filter.user, "Only those with an event of this user id or anonymous id");
}

} // namespace sluice
