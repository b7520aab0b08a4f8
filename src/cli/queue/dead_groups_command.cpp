#include "cli/queue/dead_groups_command.hpp"

#include <iostream>
#include <memory>

#include "cli/complain.hpp"
#include "cli/end_with_reader.hpp"
#include "cli/queue/age.hpp"
#include "cli/queue/dead_filter_options.hpp"
#include "cli/queue/dead_subcommand.hpp"
#include "core/counted.hpp"
#include "core/persistence/dead_cursor.hpp"
#include "core/persistence/dead_search.hpp"
#include "core/persistence/reason_groups.hpp"
#include "core/printable.hpp"

namespace sluice {

namespace {

struct groups_arguments {
  queue_arguments queue;
  dead_filter filter;
  bool json = false;
};

std::string age_of_ms(const nlohmann::ordered_json& ms) {
  return age_of(store_time{std::chrono::milliseconds{ms.get<std::int64_t>()}});
}

std::string group_line(const nlohmann::ordered_json& g) {
  const auto letters = g["letters"].get<std::uint64_t>(), events = g["events"].get<std::uint64_t>();
  const auto status = g["status"].get<int>();
  return counted(letters, "letter", "letters") + ", " + counted(events, "event", "events") + ", " +
         age_of_ms(g["oldest_ms"]) + " to " + age_of_ms(g["newest_ms"]) + " ago, " +
         (status ? "status " + std::to_string(status) : "no response") + ": " +
         printable(g["reason"].get_ref<const std::string&>(), "");
}

int show_groups(groups_arguments& args) {
  end_with_reader();
  const auto queue = open_queue(args.queue, "dead groups");
  if (!queue)
    return 2;
  reason_groups groups;
  std::string uncounted;
  const auto done = each_dead(*queue, args.filter, "", [&](const dead_letter& d) {
    groups.add(d);
    if (groups.is_full())
      uncounted = cursor_of(d);
    return uncounted.empty();
  });
  if (!done)
    return dead_failed("groups", done.error());
  const auto [largest, more] = groups.largest();
  for (const auto& g : largest)
    std::cout << (args.json ? json_for_terminal(g) : group_line(g) + '\n');
  if (more > 0)
    complain("dead groups", std::to_string(more) + " smaller groups are not shown");
  if (!uncounted.empty())
    complain("dead groups", "there are too many groups: dead letters behind " + uncounted + " are not counted");
  return 0;
}

} // namespace

void add_dead_groups_command(CLI::App& dead, int& exit_code) {
  auto args = std::make_shared<groups_arguments>();
  auto* cmd = add_dead_subcommand(dead, args->queue, "groups",
                                  "Count dead letters by status and reason, the largest groups first");
  add_dead_filter(*cmd, args->filter);
  cmd->add_flag("--json", args->json, "Print one JSON object per line");
  cmd->callback([args, &exit_code] { exit_code = show_groups(*args); });
}

} // namespace sluice
