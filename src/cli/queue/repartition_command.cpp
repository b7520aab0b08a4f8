#include "cli/queue/repartition_command.hpp"

#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include "cli/complain.hpp"
#include "cli/count_option.hpp"
#include "cli/queue_arguments.hpp"
#include "cli/storing_arguments.hpp"
#include "core/counted.hpp"
#include "store/make_store.hpp"

namespace sluice {

namespace {

constexpr const char* repartition_help =
    "Stop every process that delivers from the queue or stores into it first. What waits keeps its place and its "
    "attempts. With --ordering per_user its batches are divided by user, and the parts get new ids; dead letters stay "
    "whole. A file is changed as a whole or not at all; in Redis nothing can use the queue until the command has "
    "come to its end, and after an error or a kill it goes on when it is called again.\n\n"
    "Examples:\n"
    "  sluice repartition --store sqlite:queue.db --partitions 16 --ordering per_user\n"
    "  sluice repartition --store redis+cluster://n1.example.com:7000 --partitions 48 --wait-replicas 1\n\n";

struct repartition_arguments {
  queue_arguments queue;
  storing_arguments storing;
  bool by_user = false;
};

// What is wrong with the partitions that are asked for; empty if nothing is.
std::optional<error> check(const options& o) {
  for (auto& wrong : validate(o))
    if (wrong.field == "queue.partitions" || wrong.field == "ordering" || wrong.field == "max_batch_events")
      return wrong;
  return std::nullopt;
}

std::string text_of(const repartition_done& done, std::size_t now) {
  const auto partitions = counted(now, "partition", "partitions");
  if (done.before == now && done.moved + done.divided == 0)
    return "the queue has " + partitions + "; nothing had to change";
  return "the queue has " + partitions + ", before " + std::to_string(done.before) + ": " +
         counted(done.moved, "batch", "batches") + " moved, " + std::to_string(done.divided) + " divided by user";
}

int run_repartition(repartition_arguments& args) {
  auto& o = args.queue.settings;
  args.storing.complete(o);
  o.ordering = args.by_user ? delivery_order::per_user : delivery_order::none;
  auto problem = args.queue.complete();
  if (const auto wrong = check(o); wrong && !problem)
    problem = text_of(*wrong);
  if (problem) {
    complain("repartition", *problem);
    return 2;
  }
  const auto done = repartition(o);
  if (!done) {
    complain("repartition", text_of(done.error()));
    return done.error().code == errc::store_failed ? 1 : 2;
  }
  std::cout << text_of(*done, o.queue.partitions) << '\n';
  return 0;
}

} // namespace

void add_repartition_command(CLI::App& app, int& exit_code) {
  auto args = std::make_shared<repartition_arguments>();
  auto* cmd = app.add_subcommand("repartition", "Give a queue another number of partitions, while nothing uses it");
  cmd->footer(std::string{repartition_help} + queue_exit_status + queue_environment);
  args->queue.add_to(*cmd);
  add_count_option(*cmd, "--partitions", args->queue.settings.queue.partitions,
                   "How many partitions the queue is to have");
  cmd->get_option("--partitions")->required();
  cmd->add_option_function<std::string>(
         "--ordering", [args = args.get()](const std::string& word) { args->by_user = word == "per_user"; },
         "per_user, if the processes that deliver have it")
      ->check(CLI::IsMember({"none", "per_user"}))
      ->default_str("none");
  add_count_option(*cmd, "--max-batch-events", args->queue.settings.max_batch_events,
                   "The most events of a batch, as in the processes");
  args->storing.add_to(*cmd, args->queue.settings);
  cmd->callback([args, &exit_code] { exit_code = run_repartition(*args); });
}

} // namespace sluice
