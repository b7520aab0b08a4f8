#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/queue/dead_filter.hpp"

namespace sluice {

/// A change of many dead letters: replay or purge.
struct dead_change {
  using operation = result<std::uint64_t> (queue_admin::*)(const std::vector<std::string>& ids);

  bool all = false;
  bool dry_run = false;
  /// Events a second at most; 0: as fast as it goes.
  double rate = 0;

  void add_to(CLI::App& command);
  /// Does it to all that match, a few at a time, and says how far it is.
  result<void> apply(queue_admin&, const dead_filter&, operation) const;
};

} // namespace sluice
