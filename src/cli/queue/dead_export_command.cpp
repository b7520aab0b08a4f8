#include "cli/queue/dead_export_command.hpp"

#include <iostream>
#include <memory>

#include "cli/complain.hpp"
#include "cli/end_with_reader.hpp"
#include "cli/queue/dead_filter_options.hpp"
#include "cli/queue/dead_subcommand.hpp"
#include "core/persistence/dead_letter_json.hpp"
#include "core/persistence/dead_search.hpp"
#include "core/printable.hpp"
#include "core/wire/payload.hpp"

namespace sluice {

namespace {

struct export_arguments {
  queue_arguments queue;
  dead_filter filter;
  std::string after;
  bool events = false;
};

// Prints a dead letter with its events. Returns why they cannot be read, or nothing.
result<void> print_letter(const dead_letter& d) {
  const auto json = exported_json(d);
  std::cout << json_for_terminal(json);
  if (json.contains("error"))
    return error{errc::invalid_json, "payload", json["error"].get<std::string>()};
  return {};
}

// Prints the events of a dead letter as they are, so that a number keeps its digits.
result<void> print_events(const dead_letter& d) {
  const auto body = open_payload(*d.payload);
  const auto events = body ? events_of(*body) : result<std::vector<std::string_view>>{body.error()};
  if (!events)
    return events.error();
  for (const auto one : *events)
    std::cout << terminal_line(one) << '\n';
  return {};
}

int export_letters(export_arguments& args) {
  end_with_reader();
  const auto queue = open_queue(args.queue, "dead export");
  if (!queue)
    return 2;
  int status = 0;
  error failure;
  const auto done = each_dead(*queue, args.filter, args.after, [&](const dead_letter& d) {
    const auto whole = d.payload ? result<dead_letter>{d} : queue->show_dead(d.id);
    if (!whole && whole.error().code == errc::unknown_batch) // replayed or purged meanwhile
      return true;
    if (!whole) {
      failure = whole.error();
      return false;
    }
    const auto printed = args.events ? print_events(*whole) : print_letter(*whole);
    if (!printed)
      status = dead_failed("export", {printed.error().code, whole->id, printed.error().message});
    return static_cast<bool>(std::cout);
  });
  if (!done)
    return dead_failed("export", done.error());
  return failure.code != errc{} ? dead_failed("export", failure) : status;
}

} // namespace

void add_dead_export_command(CLI::App& dead, int& exit_code) {
  auto args = std::make_shared<export_arguments>();
  auto* cmd = add_dead_subcommand(dead, args->queue, "export",
                                  "Print dead letters with their events, one JSON object per line, the oldest first");
  add_dead_filter(*cmd, args->filter);
  cmd->add_flag("--events", args->events, "Print the events alone, one per line, as sluice send reads them");
  cmd->add_option("--after", args->after, "Begin after this cursor, as sluice dead list prints it");
  cmd->callback([args, &exit_code] { exit_code = export_letters(*args); });
}

} // namespace sluice
