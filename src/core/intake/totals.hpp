#pragma once

#include <cstdint>
#include <mutex>
#include <string>

#include "sluice/reports.hpp"

namespace sluice {

/// The totals of this process. The intake owns them, so that they outlive every actor; whoever learns what became of
/// events counts it here.
///
/// Every method may be called from any thread. An event's steps are counted in their order, so that no snapshot has
/// more events stored than accepted, or more of them at an end than stored.
class totals {
public:
  /// `mutex`: the intake's own, which it locks for every event anyway.
  explicit totals(std::mutex& mutex) : mutex_{mutex} {}

  /// The caller has locked the mutex.
  void count_accepted(std::uint64_t events = 1) noexcept {
    counts_.accepted += events;
    counts_.waiting += events;
  }
  void count_rejected() noexcept { ++counts_.rejected; }

  void count_stored(std::uint64_t events);
  /// Stored events of this process that wait no more.
  void count_ended(std::uint64_t delivered, std::uint64_t dead);
  void count_ended_elsewhere(std::uint64_t events);
  void count_lost(std::uint64_t events);
  /// Ends of events that did not wait: this process had not accepted them, or they had ended before.
  void count_recovered(std::uint64_t delivered, std::uint64_t dead);
  void count_retrying(std::int64_t change);
  void count_failed_attempt();
  /// Why an attempt has failed.
  void note_failure(std::string reason);
  void count_stale(std::uint64_t batches);

  /// All counts at one moment.
  counts snapshot() const;
  /// Why the last attempt that failed has failed; empty if none has.
  std::string last_failure() const;

private:
  void wait_no_more(std::uint64_t events);

  std::mutex& mutex_;
  counts counts_;
  std::string last_failure_;
};

} // namespace sluice
