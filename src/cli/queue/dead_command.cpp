#include "cli/queue/dead_command.hpp"

#include <iostream>
#include <memory>

#include <nlohmann/json.hpp>

#include "cli/queue/age.hpp"
#include "cli/queue/dead_change.hpp"
#include "cli/queue/dead_filter.hpp"
#include "cli/queue_arguments.hpp"
#include "core/persistence/dead_cursor.hpp"
#include "core/printable.hpp"
#include "core/wire/payload.hpp"

namespace sluice {

namespace {

constexpr const char* dead_examples = "Examples:\n"
                                      "  sluice dead list --store sqlite:queue.db --status 400\n"
                                      "  sluice dead show ID --store sqlite:queue.db\n"
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

int failed(const char* command, const error& why) {
  std::cerr << "sluice dead " << command << ": " << to_string(why) << '\n';
  return 1;
}

nlohmann::ordered_json json_of(const dead_letter& d) {
  return {{"id", d.id},
          {"events", d.events},
          {"attempts", d.attempts},
          {"status", d.why.status},
          {"reason", d.why.reason},
          {"died_ms", d.died.time_since_epoch().count()}};
}

std::string text_of(const dead_letter& d) {
  return d.id + "  " + std::to_string(d.events) + " events, " + std::to_string(d.attempts) + " attempts, " +
         age_of(d.died) + " ago, " + (d.why.status ? "status " + std::to_string(d.why.status) : "no response") + ": " +
         printable(d.why.reason, "");
}

int list(dead_arguments& args) {
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
    std::cout << (args.json ? json_of(d).dump() : text_of(d)) << '\n';
    return true;
  });
  if (!done)
    return failed("list", done.error());
  if (shown == args.limit && shown > 0)
    std::cerr << "more may follow: --after " << last << '\n';
  return 0;
}

int show(dead_arguments& args) {
  const auto queue = open_queue(args.queue, "dead show");
  if (!queue)
    return 2;
  const auto letter = queue->show_dead(args.id);
  if (!letter)
    return failed("show", letter.error());
  const auto body = open_payload(*letter->payload);
  if (!body)
    return failed("show", body.error());
  auto json = json_of(*letter);
  json["batch"] = nlohmann::ordered_json::parse(*body, nullptr, false)["batch"];
  std::cout << json.dump(2) << '\n';
  return 0;
}

int change(dead_arguments& args, const char* command, dead_change::operation what) {
  if (args.filter.empty() && !args.change.all) {
    std::cerr << "sluice dead " << command << ": select dead letters by ID, by a filter, or with --all\n";
    return 2;
  }
  const auto queue = open_queue(args.queue, "dead");
  if (!queue)
    return 2;
  const auto done = args.change.apply(*queue, args.filter, what);
  return done ? 0 : failed(command, done.error());
}

CLI::App* add(CLI::App& dead, const dead_arguments_ptr& args, const char* name, const char* what) {
  auto* cmd = dead.add_subcommand(name, what);
  cmd->footer(std::string{queue_exit_status} + queue_environment);
  args->queue.add_to(*cmd);
  return cmd;
}

void add_change(CLI::App& dead, int& exit_code, const char* name, const char* what, dead_change::operation operation) {
  auto args = std::make_shared<dead_arguments>();
  auto* cmd = add(dead, args, name, what);
  cmd->add_option("ID", args->filter.ids, "The batches");
  args->filter.add_to(*cmd);
  args->change.add_to(*cmd);
  cmd->callback([args, &exit_code, name, operation] { exit_code = change(*args, name, operation); });
}

} // namespace

void add_dead_command(CLI::App& app, int& exit_code) {
  auto* dead = app.add_subcommand("dead", "List, show, replay or purge dead letters: batches that were buried");
  dead->require_subcommand(1);
  dead->footer(dead_examples);

  auto args = std::make_shared<dead_arguments>();
  auto* cmd = add(*dead, args, "list", "List dead letters, the oldest first");
  args->filter.add_to(*cmd);
  cmd->add_option("--after", args->after, "Begin after this cursor, as printed at the end of a page");
  cmd->add_option("--limit", args->limit, "The most dead letters to list")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000'000));
  cmd->add_flag("--json", args->json, "Print one JSON object per line");
  cmd->callback([args, &exit_code] { exit_code = list(*args); });

  args = std::make_shared<dead_arguments>();
  cmd = add(*dead, args, "show", "Show a dead letter with its events, as JSON");
  cmd->add_option("ID", args->id, "The batch")->required();
  cmd->callback([args, &exit_code] { exit_code = show(*args); });

  add_change(*dead, exit_code, "replay", "Make dead letters ready again, with no attempts counted",
             &queue_admin::replay_dead);
  add_change(*dead, exit_code, "purge", "Remove dead letters from the queue", &queue_admin::purge_dead);
}

} // namespace sluice
