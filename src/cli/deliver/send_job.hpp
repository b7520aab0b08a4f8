#pragma once

#include <string>

#include "cli/deliver/delivery_arguments.hpp"

namespace sluice {

/// What `sluice send` is to do.
struct send_settings {
  delivery_arguments delivery;
  std::string file = "-";
  /// Empty: no receipts.
  std::string receipts;
};

/// Does it, and prints the ledger. Gives the exit status.
int run_send(const send_settings&);

} // namespace sluice
