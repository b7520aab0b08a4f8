#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>

#include "cli/sink/contract.hpp"
#include "cli/sink/faults/script.hpp"
#include "cli/sink/record.hpp"
#include "cli/sink/reply.hpp"
#include "cli/sink/tally.hpp"

namespace sluice {

/// Answers requests: checks them against the contract, applies the faults of the script to valid ones, records and
/// counts. It has no socket and no clock.
class sink_endpoint {
public:
  sink_endpoint(fault_script faults, sink_record record) : faults_{std::move(faults)}, record_{std::move(record)} {}

  /// Returns the reply to the next request. Events answered with a 2xx have been recorded.
  sink_reply take(const request_head&, std::string body, std::chrono::milliseconds since_start);
  /// Returns whether to close the next TLS connection in its handshake.
  bool cuts_handshake(std::chrono::milliseconds since_start);

  const sink_counts& counts() const noexcept { return tally_.counts(); }

private:
  fault_script faults_;
  sink_record record_;
  sink_tally tally_;
  std::uint64_t handshakes_ = 0;
};

} // namespace sluice
