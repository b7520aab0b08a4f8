#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "cli/queue_arguments.hpp"
#include "cli/storing_arguments.hpp"

namespace sluice {

/// The help's lines about the environment that follow `queue_environment`.
inline constexpr const char* proxy_environment =
    "\n  HTTPS_PROXY, NO_PROXY  as for curl, in upper or lower case; for plain http, http_proxy";

/// The help's lines about the exit status that follow that of success.
inline constexpr const char* delivery_exit_status =
    "  1  an event was lost, or something besides a delivery failed\n"
    "  2  an option, the configuration or the input is wrong\n"
    "  3  the queue is unavailable or delivery stopped by itself; a later start may succeed\n"
    "  4  an event was rejected\n"
    "  5  an event is dead\n"
    "  6  an event waits in the queue\n"
    "If several of 1, 4, 5 and 6 apply, the status is the first of 1, 5, 4, 6.\n\n";

/// The options that `send` and `run` share.
struct delivery_arguments {
  queue_arguments queue;
  milliseconds drain_timeout{60'000};
  bool json = false;
  /// Whether to print errors only, besides JSON, and to draw no progress.
  bool quiet = false;
  /// Whether to wait while another process processes the queue.
  bool wait = false;
  /// The least level of log lines to print.
  log_level least_level = log_level::info;
  /// Whether log lines are JSON objects. No progress is drawn then.
  bool json_logs = false;

  void add_to(CLI::App& command);
  /// Completes the options. Returns the error, or nothing. Throws as the parser does if there is no URL.
  std::optional<std::string> complete();
  options& settings() { return queue.settings; }

private:
  void read_config(const std::string& file);

  storing_arguments storing_;
  std::string ordering_; // empty: not given
  std::string log_level_ = "info";
  std::string log_format_ = "text";
  bool no_gzip_ = false;
};

} // namespace sluice
