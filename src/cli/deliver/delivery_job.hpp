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

namespace sluice {

/// A command that delivers: starts the system, lets the command do its work, ends in order, and prints the ledger.
class delivery_job {
public:
  /// `command` begins every line that is printed.
  delivery_job(std::string command, const delivery_arguments& arguments);

  /// `work` runs while the system does; it should return soon after `stop` is raised or `stopped` is true.
  /// Gives the exit status.
  int run(const std::function<void(client&)>& work, std::shared_ptr<receipts_file> receipts = nullptr);

  /// Prints a line to standard error.
  void say(const std::string& line) { screen.say("sluice " + command_ + ": " + line); }
  /// Prints what is wrong with the options. True if something is.
  bool options_are_wrong();
  /// Looks at the queue until it is empty, if that is asked for, or until the job or the time is over.
  void watch_queue(bool until_empty, std::optional<std::chrono::steady_clock::time_point> deadline = std::nullopt);
  /// Whether the system has stopped by itself, as it does when another process takes the queue.
  bool stopped() const noexcept;

  delivery_arguments arguments;
  job_ledger ledger;
  /// Something other than a delivery went wrong, and was said.
  std::atomic<bool> in_trouble{false};
  std::atomic<std::uint64_t> read{0};
  progress screen{read};
  stop_signal stop;

private:
  struct ending;
  void print(std::chrono::steady_clock::duration took) const;
  boost::system::result<std::unique_ptr<store>, store_error> open_store();
  result<shutdown_report> shut_down(analytics&, std::chrono::seconds drain);
  std::optional<std::uint64_t> left_in_queue();

  std::string command_;
  std::shared_ptr<ending> ending_;
};

} // namespace sluice
