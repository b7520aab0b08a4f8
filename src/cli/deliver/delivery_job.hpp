#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "cli/deliver/delivery_arguments.hpp"
#include "cli/deliver/job_ledger.hpp"
#include "cli/deliver/receipts_file.hpp"
#include "cli/progress.hpp"
#include "cli/stop_signal.hpp"
#include "sluice/client.hpp"
#include "sluice/store.hpp"

namespace caf {
class actor_system;
}

namespace sluice {

class analytics;

/// Runs a command that delivers, or only enqueues: starts the system, lets the command work, shuts down in order,
/// prints the ledger.
class delivery_job {
public:
  /// Every printed line begins with `command`.
  delivery_job(std::string command, const delivery_arguments& arguments, hangup = hangup::stop);

  /// Called when the system has started, before `work`. If it returns false the system is shut down at once, as by a
  /// wrong option.
  std::function<bool(caf::actor_system&, analytics&)> on_start{};

  /// Calls `work` while the system runs. `work` should return soon after `stop` is raised or `stopped` is true.
  /// Returns the exit status.
  int run(const std::function<void(client&)>& work, std::shared_ptr<receipts_file> receipts = nullptr);

  /// Prints a line to standard error, in the format and from the level that were asked for.
  void say(const std::string& line, log_level level = log_level::error);
  /// Prints every error in the options. Returns whether there is one.
  bool options_are_wrong();
  /// Watches the queue until it is empty (with `until_empty`), the job is stopped, or the deadline has passed.
  void watch_queue(bool until_empty, std::optional<std::chrono::steady_clock::time_point> deadline = std::nullopt);
  /// Returns whether the system has stopped by itself, for example because another process has taken the queue.
  bool stopped() const noexcept;

  delivery_arguments arguments;
  job_ledger ledger;
  /// Whether something other than a delivery failed, and was reported.
  std::atomic<bool> in_trouble{false};
  std::atomic<std::uint64_t> read{0};
  progress screen{read};
  stop_signal stop;

private:
  struct ending;
  void print(std::chrono::steady_clock::duration took) const;
  void advise();
  boost::system::result<std::unique_ptr<store>, store_error> open_store();
  result<shutdown_report> shut_down(analytics&, milliseconds drain);
  std::optional<std::uint64_t> left_in_queue();

  std::string command_;
  std::shared_ptr<ending> ending_;
};

} // namespace sluice
