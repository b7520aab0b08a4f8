#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "sluice/options.hpp"

namespace sluice {

/// What `sluice send` is to do.
struct send_settings {
  std::string file = "-";
  std::string store = "memory";
  /// Empty: no receipts.
  std::string receipts;
  std::chrono::seconds drain_timeout{60};
  bool json = false;
  options pipeline;
};

/// Reads the write key from `file`, or from SLUICE_WRITE_KEY if neither an option nor a file gave it. Gives what is
/// wrong, if something is.
std::optional<std::string> read_write_key(options&, const std::string& file);

/// Does it, and prints the ledger. Gives the exit status.
int run_send(const send_settings&);

} // namespace sluice
