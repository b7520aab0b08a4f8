#include <CLI/CLI.hpp>

#include "cli/dead_command.hpp"
#include "cli/run_command.hpp"
#include "cli/send_command.hpp"
#include "cli/sink_command.hpp"
#include "cli/status_command.hpp"
#include "sluice/version.hpp"

namespace {

// Exit statuses: 0 all went well, 1 something did not, 2 usage or configuration.
constexpr int usage_error = 2;

} // namespace

int main(int argc, char** argv) {
  CLI::App app{"Durable delivery of analytics events."};
  app.set_version_flag("--version", "sluice " SLUICE_VERSION_STRING);
  app.require_subcommand(1);
  app.footer("Examples:\n  sluice sink --port 8080 &\n"
             "  sluice send events.ndjson --url http://127.0.0.1:8080 --write-key k");
  int exit_code = 0;
  sluice::add_send_command(app, exit_code);
  sluice::add_run_command(app, exit_code);
  sluice::add_status_command(app, exit_code);
  sluice::add_dead_command(app, exit_code);
  sluice::add_pause_commands(app, exit_code);
  sluice::add_sink_command(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : usage_error;
  }
  return exit_code;
}
