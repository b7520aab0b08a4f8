#pragma once

#include <cstdint>
#include <mutex>

#include "sluice/reports.hpp"

namespace sluice {

/// The totals of this process. The intake owns them, so that they outlive every actor; whoever learns what became of
/// events counts it here.
///
/// Every method may be called from any thread. An event's steps are counted in their order, so that no snapshot has
/// more events stored than accepted, or more of them at an end than stored.
class totals {
public:
  /// `mutex`: the intake's own, which it holds for every event anyway.
  explicit totals(std::mutex& mutex) : mutex_{mutex} {}

  /// For each event. The caller holds the mutex.
  void count_accepted() noexcept { ++counts_.accepted; }
  void count_rejected() noexcept { ++counts_.rejected; }

  void count_stored(std::uint64_t events);
  void count_ended(std::uint64_t delivered, std::uint64_t dead);
  /// Ends of batches that this process had not accepted.
  void count_recovered(std::uint64_t delivered, std::uint64_t dead);
  void count_retrying(std::int64_t change);
  void count_failed_attempt();
  void count_stale(std::uint64_t batches);
  void count_lost(std::uint64_t events);

  /// All counts at one moment.
  counts snapshot() const;

private:
  std::mutex& mutex_;
  counts counts_;
};

} // namespace sluice
