#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "sluice/reports.hpp"

namespace sluice::test {

/// What a process owes, as the world sees it: kept beside what the process counts, and compared with that.
struct account {
  std::uint64_t number = 0;
  /// Message ids of its events: those that the intake has accepted, and those that must be delivered or dead, wait in
  /// the store, or be counted as lost.
  std::set<std::string> accepted{}, promised{};
  /// Those of them that the store has forgotten while the process lived, and those that it forgot too late for the
  /// process to notice.
  std::set<std::string> forgotten{}, forgotten_unnoticed{};
  counts totals{};
};

/// Where events are that are not lost.
struct whereabouts {
  std::set<std::string> delivered{}, ever_dead{}, waiting{};
  /// Their end was counted twice, see `shared_queue`.
  std::set<std::string> ended_twice{};

  bool has(const std::string& id) const {
    return delivered.contains(id) || ever_dead.contains(id) || waiting.contains(id);
  }
};

/// Each returns what is wrong; nothing if all is right.
std::optional<std::string> check_balance(const account&);
std::optional<std::string> check_promises(const account&, const whereabouts&);
std::optional<std::string> check_report(const shutdown_report&);

} // namespace sluice::test
