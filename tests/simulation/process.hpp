#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <set>
#include <string>

#include "fakes/unreliable_way.hpp"
#include "simulation/account.hpp"
#include "simulation/host.hpp"
#include "support/virtual_system.hpp"

namespace sluice::test {

/// A process of a host, with a clock of its own that follows the world's.
struct process {
  account owes;
  host_notes notes;
  std::shared_ptr<unreliable_way> way;
  std::unique_ptr<virtual_system> sim;
  caf::actor host;
  std::uint64_t offered = 0;
  /// Moments of the world: up to which it has lived, and when it goes on.
  milliseconds lived{0}, stopped_until{0};
  /// For the answer of the store; nothing else happens in it.
  bool waits = false;

  bool runs(milliseconds now) const { return !notes.ended && now >= stopped_until; }
  /// Does what is due by now, unless it is stopped or waits.
  void live_until(milliseconds now);
  /// An answer has come, and the process goes on; nothing was done meanwhile.
  void wait_until(milliseconds now);
  /// How long until something is due in it; a long time if nothing is.
  milliseconds until_due(milliseconds now) const;
  /// The store has forgotten these events.
  void note_forgotten(const std::set<std::string>& ids, milliseconds now);
  /// Brings the account up to date.
  const account& count();
  /// It ends. What it has not looked for since the store forgot it, it could not notice. If it does not end in order,
  /// but crashes, is ousted or is out of time, its search may not have come to an end, and nobody reads its counts.
  void note_end(bool in_order);

private:
  milliseconds forgot_at_{0};
  /// Those that it may not have noticed yet.
  std::set<std::string> just_forgotten_;
};

} // namespace sluice::test
