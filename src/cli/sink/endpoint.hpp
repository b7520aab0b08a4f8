#pragma once

#include <chrono>
#include <cstdint>

#include "cli/sink/contract.hpp"
#include "cli/sink/faults/script.hpp"
#include "cli/sink/record.hpp"
#include "cli/sink/reply.hpp"
#include "cli/sink/tally.hpp"

namespace sluice {

/// What a sink does about requests: checks the contract, meets those that keep it with the faults of the script,
/// records and counts. Without sockets and clocks.
class sink_endpoint {
public:
  sink_endpoint(fault_script faults, sink_record record) : faults_{std::move(faults)}, record_{std::move(record)} {}

  /// What to do about the next request. What is answered with a 2xx is in the record.
  sink_reply take(const sink_request&, std::chrono::milliseconds since_start);
  /// Whether to close the next TLS connection in the handshake.
  bool cuts_handshake(std::chrono::milliseconds since_start);

  const sink_counts& counts() const noexcept { return tally_.counts(); }

private:
  fault_script faults_;
  sink_record record_;
  sink_tally tally_;
  std::uint64_t handshakes_ = 0;
};

} // namespace sluice
