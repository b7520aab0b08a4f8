#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "core/persistence/dead_search.hpp"

namespace sluice {

/// Replays or purges many dead letters.
struct dead_change {
  using operation = result<std::uint64_t> (queue_admin::*)(const std::vector<std::string>& ids);

  bool all = false;
  bool dry_run = false;
  /// The most events per second; 0: no limit.
  double rate = 0;

  void add_to(CLI::App& command);
  /// Changes all dead letters that match, a few at a time, and prints its progress.
  result<void> apply(queue_admin&, const dead_filter&, operation) const;
};

} // namespace sluice
