#include "cli/command_line.hpp"

#include <cctype>
#include <set>

#include "cli/completion.hpp"
#include "cli/deliver/run_command.hpp"
#include "cli/deliver/send_command.hpp"
#include "cli/deliver/serve_command.hpp"
#include "cli/man_pages.hpp"
#include "cli/queue/dead_command.hpp"
#include "cli/queue/erase_command.hpp"
#include "cli/queue/queues_command.hpp"
#include "cli/queue/repartition_command.hpp"
#include "cli/queue/status_command.hpp"
#include "cli/sink/command.hpp"
#include "core/printable.hpp"
#include "sluice/version.hpp"

namespace sluice {

namespace {

// Lets the environment set every option of a command, as SLUICE_MAX_ATTEMPTS does --max-attempts. Left out are --all,
// --drop and --edit, which select what is removed or replaced, and --write-key, whose variable --write-key-file takes
// precedence over.
void add_variables(CLI::App& command) {
  const std::set<std::string> left_out{"help",
                                       "all",
                                       "drop",
                                       "edit",
                                       "write-key",
                                       "write-key-file",
                                       "redis-password-file",
                                       "redis-sentinel-password-file"};
  for (auto* option : command.get_options([&](const CLI::Option* o) {
         return !o->get_lnames().empty() && left_out.count(o->get_lnames().front()) == 0;
       })) {
    auto variable = "SLUICE_" + option->get_lnames().front();
    for (auto& c : variable)
      c = c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    option->envname(variable);
  }
  for (auto* below : command.get_subcommands([](CLI::App*) { return true; }))
    add_variables(*below);
}

// Returns the first word of the command line that names none of the commands that it could; empty if a word is missing.
std::string unknown_word(const CLI::App& app, const CLI::Error& why) {
  const auto* last = &app;
  while (!last->get_subcommands().empty())
    last = last->get_subcommands().back();
  const auto wants_command =
      why.get_exit_code() == static_cast<int>(CLI::ExitCodes::RequiredError) && last->get_require_subcommand_min() > 0;
  const auto words = last->remaining();
  if (!wants_command || words.empty())
    return "";
  return words.front().substr(0, words.front().find('=')); // A value may be a secret.
}

// Returns one line about a command line that is wrong.
std::string usage_message(const CLI::App* app, const CLI::Error& why) {
  const auto command = "sluice" + std::string{called(*app).empty() ? "" : " "} + called(*app);
  if (const auto word = unknown_word(*app, why); !word.empty())
    return terminal_line(command + ": there is no " + (word.front() == '-' ? "option " : "command ") + word + "; " +
                         command + " --help lists them") +
           '\n';
  std::string what = why.what();
  for (auto& c : what)
    c = c == '\n' ? ' ' : c;
  return terminal_line(command + ": " + what + "; see " + command + " --help") + '\n';
}

} // namespace

void describe_command_line(CLI::App& app, int& exit_code) {
  app.name("sluice");
  app.description("Durable delivery of analytics events");
  app.set_version_flag("--version", "sluice " SLUICE_VERSION_STRING);
  app.require_subcommand(1);
  app.footer("The help of each command has its options, exit statuses and environment variables.\n\n"
             "Examples:\n  sluice sink --port 8080 &\n"
             "  sluice send events.ndjson --url http://127.0.0.1:8080 --write-key k");
  add_send_command(app, exit_code);
  add_run_command(app, exit_code);
  add_serve_command(app, exit_code);
  add_status_command(app, exit_code);
  add_queues_command(app, exit_code);
  add_dead_command(app, exit_code);
  add_pause_commands(app, exit_code);
  add_erase_command(app, exit_code);
  add_unblock_command(app, exit_code);
  add_repartition_command(app, exit_code);
  add_sink_command(app, exit_code);
  add_completion_command(app, exit_code);
  add_man_pages_command(app, exit_code);
  for (auto* command : app.get_subcommands([](CLI::App*) { return true; }))
    add_variables(*command);
  app.failure_message(usage_message);
}

std::string called(const CLI::App& app) {
  std::string words;
  for (auto below = app.get_subcommands(); !below.empty(); below = below.back()->get_subcommands())
    words += (words.empty() ? "" : " ") + below.back()->get_name();
  return words;
}

} // namespace sluice
