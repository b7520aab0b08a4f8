#include "cli/run_command.hpp"

#include <iostream>
#include <memory>

#include "cli/delivery_job.hpp"
#include "store/make_store.hpp"

namespace sluice {

namespace {

constexpr const char* examples =
    "Examples:\n"
    "  sluice run --url https://events.example.com --write-key-file key.txt\n"
    "  sluice run --url https://events.example.com --write-key-file key.txt --until-empty --json\n"
    "Exit status: 0 nothing is left, nothing is dead; 1 something is; 2 usage or configuration.";

// How often the queue is looked at.
constexpr std::chrono::milliseconds glance{200};

struct run_arguments {
  delivery_arguments delivery;
  bool until_empty = false;
};

void run_until(delivery_job& job, queue_admin& queue, bool until_empty) {
  bool paused = false;
  while (!job.stopped() && !job.stop.wait(glance)) {
    const auto stats = queue.stats();
    if (!stats)
      continue;
    if (stats->paused && !paused)
      job.say("the queue is paused; `sluice resume` lets it go on");
    paused = stats->paused;
    if (until_empty && stats->ready + stats->in_flight + stats->retry == 0)
      return;
  }
}

int run(const run_arguments& args) {
  delivery_job job{"run", args.delivery};
  if (job.options_are_wrong())
    return 2;
  return job.run([&](client&) {
    // Opened now that the queue exists for sure.
    const auto queue = make_queue_admin(job.arguments.settings());
    if (queue)
      run_until(job, **queue, args.until_empty);
    else
      job.say(to_string(queue.error()));
  });
}

} // namespace

void add_run_command(CLI::App& app, int& exit_code) {
  auto args = std::make_shared<run_arguments>();
  auto* cmd = app.add_subcommand("run", "Deliver what is in a queue");
  cmd->footer(examples);
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
