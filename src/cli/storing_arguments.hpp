#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "sluice/options.hpp"

namespace sluice {

/// The options of a command that say how safely a queue stores its batches.
struct storing_arguments {
  /// `settings` must outlive the parsing.
  void add_to(CLI::App& command, options& settings);
  /// Sets what was given.
  void complete(options& settings) const;

private:
  std::string durability_, redis_ack_; // empty: not given
};

} // namespace sluice
