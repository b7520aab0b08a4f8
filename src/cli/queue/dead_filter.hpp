#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "sluice/store.hpp"

namespace sluice {

/// Selects dead letters.
struct dead_filter {
  std::vector<std::string> ids;
  int status = -1;
  std::string reason;
  /// 0: any age.
  std::chrono::milliseconds older_than{0};
  std::chrono::milliseconds younger_than{0};

  void add_to(CLI::App& command);
  /// Returns whether the filter has no condition, so that it selects every dead letter.
  bool empty() const;
  bool matches(const dead_letter&) const;
};

/// Calls `visit` with each dead letter that matches, after the cursor `after`, until `visit` returns false. Reads one
/// page of the queue at a time.
result<void> each_dead(queue_admin&, const dead_filter&, std::string after,
                       const std::function<bool(const dead_letter&)>& visit);

} // namespace sluice
