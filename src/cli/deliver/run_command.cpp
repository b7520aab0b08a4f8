#include "cli/deliver/run_command.hpp"

#include <memory>

#include "cli/complain.hpp"
#include "cli/deliver/delivery_job.hpp"

namespace sluice {

namespace {

constexpr const char* run_help =
    "Runs until SIGTERM or SIGINT. Deliveries under way then have ten seconds to finish, and the remaining events\n"
    "stay in the queue. A second signal ends the process at once.\n\n"
    "Examples:\n"
    "  sluice run --url https://events.example.com --write-key-file key.txt\n"
    "  sluice run --url https://events.example.com --write-key-file key.txt --until-empty --json\n\n"
    "Exit status:\n"
    "  0  no event waits, is dead or was lost\n";

struct run_arguments {
  delivery_arguments delivery;
  bool until_empty = false;
};

int run(const run_arguments& args) {
  delivery_job job{"run", args.delivery};
  if (job.options_are_wrong())
    return 2;
  if (args.delivery.queue.settings.queue.enqueue_only) {
    job.say("queue.enqueue_only: must be false for `run`, which delivers");
    return 2;
  }
  return job.run([&](client&) { job.watch_queue(args.until_empty); });
}

} // namespace

void add_run_command(CLI::App& app, int& exit_code) {
  auto args = std::make_shared<run_arguments>();
  auto* cmd = app.add_subcommand("run", "Deliver the events in a queue");
  cmd->footer(std::string{run_help} + delivery_exit_status + queue_environment + proxy_environment);
  args->delivery.add_to(*cmd);
  cmd->add_flag("--until-empty", args->until_empty, "End when the queue is empty");
  cmd->callback([args, &exit_code] {
    exit_code = 2;
    if (const auto problem = args->delivery.complete())
      complain("run", *problem);
    else
      exit_code = run(*args);
  });
}

} // namespace sluice
