#include "cli/queue/status_command.hpp"

#include <array>
#include <cstdio>
#include <iostream>
#include <memory>

#include <nlohmann/json.hpp>

#include <unistd.h>

#include "cli/complain.hpp"
#include "cli/duration_option.hpp"
#include "cli/end_with_reader.hpp"
#include "cli/queue/age.hpp"
#include "cli/queue_arguments.hpp"
#include "cli/stop_signal.hpp"
#include "core/delivery/health_words.hpp"
#include "core/printable.hpp"

namespace sluice {

namespace {

constexpr const char* status_help =
    "The counts are of events: stored = delivered + dead + ready + in_flight + retry + purged + erased.\n\n"
    "Examples:\n"
    "  sluice status --store sqlite:queue.db --watch\n"
    "  sluice status --url https://events.example.com --write-key-file key.txt --json\n\n";

nlohmann::ordered_json moment(const std::optional<store_time>& t) {
  return t ? nlohmann::ordered_json(t->time_since_epoch().count()) : nlohmann::ordered_json(nullptr);
}

nlohmann::ordered_json to_json(const queue_owner& o) {
  return {{"process", o.name},
          {"suspended", o.health.suspended},
          {"last_failure", o.health.last_failure},
          {"said_ms", moment(o.said)}};
}

std::string to_json(const store_stats& s) {
  auto owners = nlohmann::ordered_json::array();
  for (const auto& o : s.owners)
    owners.push_back(to_json(o));
  const nlohmann::ordered_json json{{"stored", s.stored},
                                    {"delivered", s.delivered},
                                    {"dead", s.dead},
                                    {"ready", s.ready},
                                    {"in_flight", s.in_flight},
                                    {"retry", s.retry},
                                    {"purged", s.purged},
                                    {"erased", s.erased},
                                    {"oldest_ready_ms", moment(s.oldest_ready)},
                                    {"next_retry_ms", moment(s.next_retry)},
                                    {"oldest_dead_ms", moment(s.oldest_dead)},
                                    {"paused", s.paused},
                                    {"owners", std::move(owners)}};
  return terminal_line(json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

std::string row(const char* name, std::uint64_t events, const std::string& note) {
  std::array<char, 160> text{};
  std::snprintf(text.data(), text.size(), "  %-10s %12llu  %s\n", name, static_cast<unsigned long long>(events),
                note.c_str());
  return text.data();
}

std::string to_text(const store_stats& s) {
  const auto since = [](const char* what, const std::optional<store_time>& t) {
    return t ? what + age_of(*t) : std::string{};
  };
  std::string text = "events\n";
  text += row("stored", s.stored, "since the queue was made; the sum of the lines below");
  text += row("delivered", s.delivered, "");
  text += row("ready", s.ready, since("the oldest since ", s.oldest_ready));
  text += row("in flight", s.in_flight, "");
  text += row("retry", s.retry, since("the next due in ", s.next_retry));
  text += row("dead", s.dead, since("the oldest since ", s.oldest_dead));
  text += row("purged", s.purged, "");
  text += row("erased", s.erased, "");
  if (s.paused)
    text += std::string{paused_words} + '\n';
  if (s.owners.empty())
    text += "not processed by any process\n";
  for (const auto& o : s.owners) {
    text += "processed by " + terminal_line(o.name) + '\n';
    if (!o.health.suspended.empty())
      text += "  " + suspended_words(terminal_line(o.health.suspended)) + '\n';
    else if (!o.health.last_failure.empty())
      text += "  last failure " + age_of(*o.said) + " ago: " + terminal_line(o.health.last_failure) + '\n';
  }
  return text;
}

struct status_arguments {
  queue_arguments queue;
  bool json = false;
  /// How often to print; zero: once.
  milliseconds watch{0};
};

// Prints the counts after `before`. Returns whether that went well.
bool show(queue_admin& queue, bool json, const char* before) {
  const auto stats = queue.stats();
  if (stats)
    std::cout << before << (json ? to_json(*stats) + '\n' : to_text(*stats)) << std::flush;
  else
    complain("status", text_of(stats.error()));
  return stats && std::cout;
}

int watch(queue_admin& queue, const status_arguments& args) {
  stop_signal stop;
  const bool on_terminal = ::isatty(STDOUT_FILENO) == 1 && !args.json;
  const char* before = on_terminal ? "\033[H\033[2J" : "";
  do {
    if (!show(queue, args.json, before))
      return 1;
    before = on_terminal || args.json ? before : "\n";
  } while (!stop.wait(args.watch));
  return 0;
}

int run_status(status_arguments& args) {
  end_with_reader();
  const auto queue = open_queue(args.queue, "status");
  if (!queue)
    return 2;
  if (args.watch.count() > 0)
    return watch(*queue, args);
  return show(*queue, args.json, "") ? 0 : 1;
}

void add_pause_command(CLI::App& app, int& exit_code, const char* name, const char* what, bool paused) {
  auto args = std::make_shared<queue_arguments>();
  auto* cmd = app.add_subcommand(name, what);
  cmd->footer(std::string{queue_exit_status} + queue_environment);
  args->add_to(*cmd);
  cmd->callback([args, &exit_code, name, paused] {
    const auto queue = open_queue(*args, name);
    const auto done = queue ? queue->set_paused(paused) : result<void>{};
    if (!done)
      complain(name, text_of(done.error()));
    exit_code = !queue ? 2 : done ? 0 : 1;
  });
}

} // namespace

void add_status_command(CLI::App& app, int& exit_code) {
  auto args = std::make_shared<status_arguments>();
  auto* cmd = app.add_subcommand("status", "Show the counts of a queue, who processes it, and how deliveries go");
  cmd->footer(std::string{status_help} + queue_exit_status + queue_environment);
  args->queue.add_to(*cmd);
  cmd->add_flag("--json", args->json, "Print JSON, with times in ms since 1970");
  add_duration_option(*cmd, "--watch", args->watch, plain_unit::s, "Print anew every so often, until interrupted",
                      duration_range{milliseconds{100}, milliseconds{86'400'000}})
      ->expected(0, 1)
      ->default_str("2s");
  cmd->callback([args, &exit_code] { exit_code = run_status(*args); });
}

void add_pause_commands(CLI::App& app, int& exit_code) {
  add_pause_command(app, exit_code, "pause", "Pause deliveries from a queue, in every process", true);
  add_pause_command(app, exit_code, "resume", "Resume deliveries from a queue", false);
}

} // namespace sluice
