#include "cli/deliver/run_command.hpp"

#include <iostream>
#include <memory>

#include "cli/deliver/delivery_job.hpp"

namespace sluice {

namespace {

constexpr const char* run_help =
    "It goes on until a signal (SIGTERM or SIGINT) stops it in order: deliveries under way get ten seconds to end, "
    "and\n"
    "what is left stays in the queue. A second signal ends it at once.\n\n"
    "Examples:\n"
    "  sluice run --url https://events.example.com --write-key-file key.txt\n"
    "  sluice run --url https://events.example.com --write-key-file key.txt --until-empty --json\n\n"
    "Exit status:\n"
    "  0  nothing is left, nothing is dead\n"
    "  1  something is\n"
    "  2  usage or configuration\n"
    "  3  the queue is unavailable or the delivery stopped by itself; a later start may go on\n\n";

struct run_arguments {
  delivery_arguments delivery;
  bool until_empty = false;
};

int run(const run_arguments& args) {
  delivery_job job{"run", args.delivery};
  if (job.options_are_wrong())
    return 2;
  return job.run([&](client&) { job.watch_queue(args.until_empty); });
}

} // namespace

void add_run_command(CLI::App& app, int& exit_code) {
  auto args = std::make_shared<run_arguments>();
  auto* cmd = app.add_subcommand("run", "Deliver what is in a queue");
  cmd->footer(std::string{run_help} + queue_environment + proxy_environment);
  args->delivery.add_to(*cmd);
  cmd->add_flag("--until-empty", args->until_empty, "End when the queue is drained");
  cmd->callback([args, &exit_code] {
    exit_code = 2;
    if (const auto problem = args->delivery.complete())
      std::cerr << "sluice run: " << *problem << '\n';
    else
      exit_code = run(*args);
  });
}

} // namespace sluice
