#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sluice/reports.hpp"

namespace sluice {

/// The outcome of all events that a command had to deliver: `read == accepted + rejected` and
/// `accepted + recovered == delivered + dead + waiting + lost + elsewhere`.
struct job_ledger {
  std::uint64_t read = 0;
  std::uint64_t rejected = 0;
  std::uint64_t accepted = 0;
  /// Accepted by an earlier process, and found in the queue.
  std::uint64_t recovered = 0;
  std::uint64_t delivered = 0;
  std::uint64_t dead = 0;
  /// Left in a durable queue for a later process, or for those that deliver from it.
  std::uint64_t waiting = 0;
  std::uint64_t lost = 0;
  /// Delivered or buried by other processes of a shared queue.
  std::uint64_t elsewhere = 0;
  /// Failed attempts, in batches.
  std::uint64_t retries = 0;
  /// Why the last attempt that failed has failed; empty if none has.
  std::string last_failure{};
  /// Whether the command only stores events, so that they are meant to wait.
  bool only_enqueues = false;
};

/// Returns the exit status that the ledger stands for: 1 if an event was lost, else 5 if one is dead, else 4 if one was
/// rejected, else 6 if one waits that should not, else 0.
int status_of(const job_ledger&) noexcept;

/// Completes the ledger from the system's last report and the number of events that are left in the queue, earlier
/// processes' too; nothing if the queue has other processes, so that the number says nothing about this one.
void close_ledger(job_ledger&, const shutdown_report&, std::optional<std::uint64_t> left_in_queue);

/// Returns `{"read":…,"accepted":…,…}`.
std::string to_json(const job_ledger&);

/// Returns the ledger as text.
std::string to_text(const job_ledger&, double seconds);

} // namespace sluice
