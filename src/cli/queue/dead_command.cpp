#include "cli/queue/dead_command.hpp"

#include <iostream>
#include <memory>

#include "cli/complain.hpp"
#include "cli/end_with_reader.hpp"
#include "cli/queue/age.hpp"
#include "cli/queue/dead_change.hpp"
#include "cli/queue/dead_edit_command.hpp"
#include "cli/queue/dead_export_command.hpp"
#include "cli/queue/dead_filter_options.hpp"
#include "cli/queue/dead_groups_command.hpp"
#include "cli/queue/dead_subcommand.hpp"
#include "core/persistence/dead_cursor.hpp"
#include "core/persistence/dead_letter_json.hpp"
#include "core/persistence/dead_search.hpp"
#include "core/printable.hpp"

namespace sluice {

namespace {

constexpr const char* dead_examples = "Examples:\n"
                                      "  sluice dead list --store sqlite:queue.db --status 400\n"
                                      "  sluice dead groups --store sqlite:queue.db\n"
                                      "  sluice dead show ID --store sqlite:queue.db\n"
                                      "  sluice dead edit ID --store sqlite:queue.db --drop 2\n"
                                      "  sluice dead export --store sqlite:queue.db --events > events.ndjson\n"
                                      "  sluice dead replay --store sqlite:queue.db --older-than 1h --rate 1000\n"
                                      "  sluice dead purge --store sqlite:queue.db --all --dry-run";

struct dead_arguments {
  queue_arguments queue;
  dead_filter filter;
  dead_change change;
  std::string id, after;
  std::size_t limit = 50;
  bool json = false;
};

using dead_arguments_ptr = std::shared_ptr<dead_arguments>;

std::string summary_of(const dead_letter& d) {
  return printable(d.id, "") + "  " + std::to_string(d.events) + " events, " + std::to_string(d.attempts) +
         " attempts, " + age_of(d.died) + " ago, " +
         (d.why.status ? "status " + std::to_string(d.why.status) : "no response") + ": " + printable(d.why.reason, "");
}

int list(dead_arguments& args) {
  end_with_reader();
  const auto queue = open_queue(args.queue, "dead list");
  if (!queue)
    return 2;
  std::size_t shown = 0;
  std::string last;
  const auto done = each_dead(*queue, args.filter, args.after, [&](const dead_letter& d) {
    if (shown == args.limit)
      return false;
    ++shown;
    last = cursor_of(d);
    std::cout << (args.json ? json_for_terminal(json_of(d)) : summary_of(d) + '\n');
    return static_cast<bool>(std::cout);
  });
  if (!done)
    return dead_failed("list", done.error());
  if (shown == args.limit && shown > 0)
    std::cerr << "more may follow: --after " << terminal_line(last) << '\n';
  return 0;
}

int show(dead_arguments& args) {
  end_with_reader();
  const auto queue = open_queue(args.queue, "dead show");
  if (!queue)
    return 2;
  const auto letter = queue->show_dead(args.id);
  if (!letter)
    return dead_failed("show", letter.error());
  const auto json = json_with_events(*letter);
  if (!json)
    return dead_failed("show", json.error());
  if (json->contains("payload"))
    complain("dead show", "the payload is not a batch in JSON; it is shown as text");
  std::cout << json_for_terminal(*json, 2);
  return 0;
}

int change(dead_arguments& args, const std::string& command, dead_change::operation what) {
  const auto name = "dead " + command;
  if (args.filter.empty() && !args.change.all) {
    complain(name, "select dead letters by ID, by a filter, or with --all");
    return 2;
  }
  const auto queue = open_queue(args.queue, name);
  if (!queue)
    return 2;
  const auto done = args.change.apply(*queue, args.filter, what);
  return done ? 0 : dead_failed(command, done.error());
}

void add_change(CLI::App& dead, int& exit_code, const char* name, const char* what, dead_change::operation operation) {
  auto args = std::make_shared<dead_arguments>();
  auto* cmd = add_dead_subcommand(dead, args->queue, name, what);
  cmd->add_option("ID", args->filter.ids, "The batches");
  add_dead_filter(*cmd, args->filter);
  args->change.add_to(*cmd);
  cmd->callback([args, &exit_code, name, operation] { exit_code = change(*args, name, operation); });
}

} // namespace

void add_dead_command(CLI::App& app, int& exit_code) {
  auto* dead = app.add_subcommand("dead", "Look at, edit, replay or purge dead letters: batches that were buried");
  dead->require_subcommand(1);
  dead->footer(dead_examples);

  auto args = std::make_shared<dead_arguments>();
  auto* cmd = add_dead_subcommand(*dead, args->queue, "list", "List dead letters, the oldest first");
  add_dead_filter(*cmd, args->filter);
  cmd->add_option("--after", args->after, "Begin after this cursor, as printed at the end of a page");
  cmd->add_option("--limit", args->limit, "The most dead letters to list")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000'000));
  cmd->add_flag("--json", args->json, "Print one JSON object per line");
  cmd->callback([args, &exit_code] { exit_code = list(*args); });

  add_dead_groups_command(*dead, exit_code);

  args = std::make_shared<dead_arguments>();
  cmd = add_dead_subcommand(*dead, args->queue, "show", "Show a dead letter with its events, as JSON");
  cmd->add_option("ID", args->id, "The batch")->required();
  cmd->callback([args, &exit_code] { exit_code = show(*args); });

  add_dead_export_command(*dead, exit_code);
  add_dead_edit_command(*dead, exit_code);
  add_change(*dead, exit_code, "replay", "Make dead letters ready again, with no attempts counted",
             &queue_admin::replay_dead);
  add_change(*dead, exit_code, "purge", "Remove dead letters from the queue", &queue_admin::purge_dead);
}

} // namespace sluice
