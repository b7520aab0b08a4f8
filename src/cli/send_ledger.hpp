#pragma once

#include <cstdint>
#include <string>

#include "sluice/reports.hpp"

namespace sluice {

/// What became of everything that was read: `read == accepted + refused` and
/// `accepted == delivered + dead + waiting + lost`.
struct send_ledger {
  std::uint64_t read = 0;
  std::uint64_t refused = 0;
  std::uint64_t accepted = 0;
  std::uint64_t delivered = 0;
  std::uint64_t dead = 0;
  /// In a durable store, for a later process.
  std::uint64_t waiting = 0;
  std::uint64_t lost = 0;
  /// Of an earlier process, found in the store.
  std::uint64_t recovered = 0;

  bool complete() const noexcept { return delivered == read; }
};

/// Ends the ledger with what the system said last.
void close_ledger(send_ledger&, const shutdown_report&);

/// `{"read":…,"accepted":…,…}`.
std::string to_json(const send_ledger&);

/// For people: a few lines.
std::string to_text(const send_ledger&, double seconds);

} // namespace sluice
