#pragma once

#include <functional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "sluice/store.hpp"

namespace sluice {

/// Which dead letters a command is about.
struct dead_filter {
  std::vector<std::string> ids;
  int status = -1;
  std::string reason;
  std::string older_than;
  std::string younger_than;

  void add_to(CLI::App& command);
  /// Whether nothing is selected, so that all are.
  bool empty() const;
  bool matches(const dead_letter&) const;
};

/// Calls `visit` with each that matches, a page of the queue at a time, after the cursor `after`, until it
/// says no.
result<void> each_dead(queue_admin&, const dead_filter&, std::string after,
                       const std::function<bool(const dead_letter&)>& visit);

} // namespace sluice
