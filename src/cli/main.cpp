#include <CLI/CLI.hpp>

#include <algorithm>
#include <cctype>
#include <csignal>
#include <iostream>
#include <set>

#include <fcntl.h>
#include <unistd.h>

#include "cli/complain.hpp"
#include "cli/completion.hpp"
#include "cli/deliver/run_command.hpp"
#include "cli/deliver/send_command.hpp"
#include "cli/man_pages.hpp"
#include "cli/queue/dead_command.hpp"
#include "cli/queue/queues_command.hpp"
#include "cli/queue/status_command.hpp"
#include "cli/sink/command.hpp"
#include "core/printable.hpp"
#include "sluice/version.hpp"

namespace {

// Exit statuses: 0 success, 1 events were lost or an operation failed, 2 wrong usage or configuration, 3 the queue is
// unavailable, 4 to 6 see `status_of`.
constexpr int usage_error = 2;

// Opens a standard stream that is closed, so that no file opened later takes its descriptor.
void hold_standard_descriptors() {
  int fd = 0;
  while (fd >= 0 && fd <= STDERR_FILENO)
    fd = ::open("/dev/null", O_RDWR);
  ::close(fd);
}

// A reader that has gone, or a limit on the size of files, is an error of a write and ends nothing.
void ignore_signals_of_writes() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

// Lets the environment set every option of a command, as SLUICE_MAX_ATTEMPTS does --max-attempts. Left out is --all,
// which selects what is removed, and --write-key, whose variable --write-key-file takes precedence over.
void add_variables(CLI::App& command) {
  const std::set<std::string> left_out{"help", "all", "write-key", "write-key-file", "redis-password-file"};
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

// Returns the words of the command that was called, without the program's.
std::string called(const CLI::App& app) {
  std::string words;
  for (auto below = app.get_subcommands(); !below.empty(); below = below.back()->get_subcommands())
    words += (words.empty() ? "" : " ") + below.back()->get_name();
  return words;
}

// Returns one line about a command line that is wrong.
std::string usage_message(const CLI::App* app, const CLI::Error& why) {
  const auto command = "sluice" + std::string{called(*app).empty() ? "" : " "} + called(*app);
  std::string what = why.what();
  for (auto& c : what)
    c = c == '\n' ? ' ' : c;
  return sluice::terminal_line(command + ": " + what + "; see " + command + " --help") + '\n';
}

} // namespace

int main(int argc, char** argv) {
  hold_standard_descriptors();
  ignore_signals_of_writes();
  CLI::App app{"Durable delivery of analytics events", "sluice"};
  app.set_version_flag("--version", "sluice " SLUICE_VERSION_STRING);
  app.require_subcommand(1);
  app.footer("The help of each command has its options, exit statuses and environment variables.\n\n"
             "Examples:\n  sluice sink --port 8080 &\n"
             "  sluice send events.ndjson --url http://127.0.0.1:8080 --write-key k");
  int exit_code = 0;
  sluice::add_send_command(app, exit_code);
  sluice::add_run_command(app, exit_code);
  sluice::add_status_command(app, exit_code);
  sluice::add_queues_command(app, exit_code);
  sluice::add_dead_command(app, exit_code);
  sluice::add_pause_commands(app, exit_code);
  sluice::add_sink_command(app, exit_code);
  sluice::add_completion_command(app, exit_code);
  sluice::add_man_pages_command(app, exit_code);
  for (auto* command : app.get_subcommands([](CLI::App*) { return true; }))
    add_variables(*command);
  app.failure_message(usage_message);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    exit_code = app.exit(e) == 0 ? 0 : usage_error;
  }
  if (!std::cout.flush()) {
    sluice::complain(called(app), "the output could not be written");
    exit_code = std::max(exit_code, 1);
  }
  return exit_code;
}
