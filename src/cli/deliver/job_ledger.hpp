#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sluice/reports.hpp"

namespace sluice {

/// What became of everything a command had to deliver: `read == accepted + rejected` and
/// `accepted + recovered == delivered + dead + waiting + lost + elsewhere`.
struct job_ledger {
  std::uint64_t read = 0;
  std::uint64_t rejected = 0;
  std::uint64_t accepted = 0;
  /// Of an earlier process, found in the queue.
  std::uint64_t recovered = 0;
  std::uint64_t delivered = 0;
  std::uint64_t dead = 0;
  /// In a durable queue, for a later process.
  std::uint64_t waiting = 0;
  std::uint64_t lost = 0;
  /// Delivered or buried by other processes of a shared queue.
  std::uint64_t elsewhere = 0;
  /// Failed attempts, in batches.
  std::uint64_t retries = 0;

  bool complete() const noexcept { return rejected + dead + waiting + lost == 0; }
};

/// Ends the ledger with what the system said last, and the number of events that are left in the queue, if it is known;
/// they may be more than its own.
void close_ledger(job_ledger&, const shutdown_report&, std::optional<std::uint64_t> left_in_queue, bool shared);

/// `{"read":…,"accepted":…,…}`.
std::string to_json(const job_ledger&);

/// The ledger as a few readable lines.
std::string to_text(const job_ledger&, double seconds);

} // namespace sluice
