#include <CLI/CLI.hpp>

#include <fcntl.h>
#include <unistd.h>

#include "cli/completion.hpp"
#include "cli/deliver/run_command.hpp"
#include "cli/deliver/send_command.hpp"
#include "cli/man_pages.hpp"
#include "cli/queue/dead_command.hpp"
#include "cli/queue/status_command.hpp"
#include "cli/sink/command.hpp"
#include "sluice/version.hpp"

namespace {

// Exit statuses: 0 success, 1 events or an operation failed, 2 wrong usage or configuration, 3 the queue is
// unavailable.
constexpr int usage_error = 2;

// Opens a standard stream that is closed, so that no file opened later takes its descriptor.
void hold_standard_descriptors() {
  int fd = 0;
  while (fd >= 0 && fd <= STDERR_FILENO)
    fd = ::open("/dev/null", O_RDWR);
  ::close(fd);
}

} // namespace

int main(int argc, char** argv) {
  hold_standard_descriptors();
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
  sluice::add_dead_command(app, exit_code);
  sluice::add_pause_commands(app, exit_code);
  sluice::add_sink_command(app, exit_code);
  sluice::add_completion_command(app, exit_code);
  sluice::add_man_pages_command(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : usage_error;
  }
  return exit_code;
}
