#pragma once

#include <string>

#include "cli/deliver/delivery_arguments.hpp"

namespace sluice {

/// The settings of `sluice send`.
struct send_settings {
  delivery_arguments delivery;
  std::string file = "-";
  /// Empty: no receipts.
  std::string receipts;
};

/// Sends the events and prints the ledger. Returns the exit status.
int run_send(const send_settings&);

} // namespace sluice
