#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "cli/queue_arguments.hpp"

namespace sluice {

/// The help's lines about the environment that follow `queue_environment`.
inline constexpr const char* proxy_environment =
    "\n  HTTPS_PROXY, NO_PROXY  as for curl, in upper or lower case; for plain http, http_proxy";

/// The options that `send` and `run` share.
struct delivery_arguments {
  queue_arguments queue;
  std::chrono::seconds drain_timeout{60};
  bool json = false;

  void add_to(CLI::App& command);
  /// Completes the options. Returns the error, or nothing.
  std::optional<std::string> complete();
  options& settings() { return queue.settings; }

private:
  std::int64_t http_timeout_ = options{}.http.total.count();
  std::int64_t drain_seconds_ = 60;
  std::int64_t lease_seconds_ = std::chrono::duration_cast<std::chrono::seconds>(options{}.queue.lease).count();
  std::string durability_ = "full";
  bool no_gzip_ = false;
};

} // namespace sluice
