#include "cli/queue/erase_command.hpp"

#include <chrono>
#include <iostream>
#include <memory>

#include "cli/complain.hpp"
#include "cli/duration_option.hpp"
#include "cli/queue_arguments.hpp"
#include "cli/stop_signal.hpp"
#include "core/counted.hpp"
#include "core/persistence/block_list.hpp"

namespace sluice {

namespace {

constexpr const char* erase_help =
    "Events with this userId or anonymousId, and aliases with it as their previousId, leave every batch that waits "
    "and\nevery dead letter. What is in flight is waited for. Then what they have left in the queue's file and its log "
    "is\noverwritten; Redis's own files are Redis's. With --block-for, later events of the user are rejected for so "
    "long, "
    "and\nwhat was accepted before is waited for. Without it, what has not been stored yet and what comes later is not "
    "erased.\nNor is what was delivered, or what events of others say of the user.\n\n"
    "Examples:\n"
    "  sluice erase --store sqlite:queue.db --user 42\n"
    "  sluice erase --store redis://127.0.0.1 --user 42 --anonymous 5f0c… --block-for 30d\n\n"
    "Exit status:\n"
    "  0  nothing of the user is left in the queue\n"
    "  1  something is, or the queue answered with an error\n"
    "  2  an option is wrong, or the queue cannot be opened\n\n";

constexpr const char* unblock_help =
    "Takes a user off the list of those whose events are rejected after sluice erase --block-for. Name both ids if\n"
    "both were blocked. Processes that deliver hear of it within six seconds; one that only enqueues hears of it when\n"
    "it begins, and when it stores a batch.\n\n"
    "Example:\n"
    "  sluice unblock --store redis://127.0.0.1 --user 42\n\n"
    "Exit status:\n"
    "  0  none of the ids is on the list\n"
    "  1  the queue answered with an error\n"
    "  2  an option is wrong, or the queue cannot be opened\n\n";

constexpr milliseconds pause_before_another_look{500};

struct user_arguments {
  queue_arguments queue;
  erased_user who;

  void add_to(CLI::App& cmd) {
    queue.add_to(cmd);
    cmd.add_option("--user", who.user, "The user id");
    cmd.add_option("--anonymous", who.anonymous, "The anonymous id");
  }
  // Null if nobody is named or the queue cannot be opened, which is said.
  std::unique_ptr<queue_admin> open(const char* command) {
    if (who.user.empty() && who.anonymous.empty()) {
      complain(command, "--user or --anonymous is required");
      return nullptr;
    }
    return open_queue(queue, command);
  }
};

struct erase_arguments {
  user_arguments of;
  milliseconds wait{60'000};
  milliseconds block_for{0};
};

// Goes on until nothing is left, it has taken too long, or a signal says so.
result<void> erase_all(queue_admin& queue, user_erasure& e, milliseconds wait) {
  stop_signal stop;
  const auto until = std::chrono::steady_clock::now() + wait;
  while (!e.is_over() && !stop.raised()) {
    const auto done = e.next(queue, std::chrono::system_clock::now());
    if (!done)
      return done.error();
    if (e.is_at_end() && std::chrono::steady_clock::now() >= until)
      break;
    if (e.waits())
      stop.wait(pause_before_another_look);
  }
  return queue.scrub();
}

int run_erase(erase_arguments& args) {
  const auto queue = args.of.open("erase");
  if (!queue)
    return 2;
  const auto now = std::chrono::floor<milliseconds>(std::chrono::system_clock::now());
  const bool blocks = args.block_for > milliseconds{0};
  if (const auto done = blocks ? block(*queue, args.of.who, now + args.block_for, now) : result<void>{}; !done) {
    complain("erase", text_of(done.error()));
    return 1;
  }
  const auto comes_until = blocks ? now + time_until_blocked : store_time{};
  user_erasure e{args.of.who, comes_until};
  const auto done = erase_all(*queue, e, blocks ? args.wait + time_until_blocked : args.wait);
  std::cout << "erased " << counted(e.events(), "event", "events") << " of " << counted(e.batches(), "batch", "batches")
            << '\n';
  const auto left = done ? e.what_is_left() : text_of(done.error());
  if (!left.empty())
    complain("erase", left);
  return left.empty() ? 0 : 1;
}

int run_unblock(user_arguments& args) {
  const auto queue = args.open("unblock");
  if (!queue)
    return 2;
  const auto now = std::chrono::floor<milliseconds>(std::chrono::system_clock::now());
  const auto done = unblock(*queue, args.who, now);
  if (!done) {
    complain("unblock", text_of(done.error()));
    return 1;
  }
  std::cout << "unblocked " << counted(*done, "id", "ids") << '\n';
  return 0;
}

} // namespace

void add_erase_command(CLI::App& app, int& exit_code) {
  auto args = std::make_shared<erase_arguments>();
  auto* cmd = app.add_subcommand("erase", "Erase the events of a user from a queue");
  cmd->footer(std::string{erase_help} + queue_environment);
  args->of.add_to(*cmd);
  add_duration_option(*cmd, "--wait", args->wait, plain_unit::s, "How long to wait for what is in flight",
                      duration_range{milliseconds{0}, milliseconds{86'400'000}});
  add_duration_option(*cmd, "--block-for", args->block_for, plain_unit::s,
                      "How long to reject later events of the user; 0: not at all",
                      duration_range{milliseconds{0}, std::chrono::hours{366 * 24}});
  cmd->callback([args, &exit_code] { exit_code = run_erase(*args); });
}

void add_unblock_command(CLI::App& app, int& exit_code) {
  auto args = std::make_shared<user_arguments>();
  auto* cmd = app.add_subcommand("unblock", "Unblock a user who was erased: later events are admitted again");
  cmd->footer(std::string{unblock_help} + queue_environment);
  args->add_to(*cmd);
  cmd->callback([args, &exit_code] { exit_code = run_unblock(*args); });
}

} // namespace sluice
