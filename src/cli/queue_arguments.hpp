#pragma once

#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "sluice/options.hpp"
#include "sluice/store.hpp"

namespace sluice {

/// Which destination and which queue a command is about.
struct queue_arguments {
  options settings;
  std::string write_key_file, redis_password_file;

  /// `--url`, the key, `--store` and what belongs to it.
  void add_to(CLI::App& command);
  /// Reads the secrets from their files or from SLUICE_WRITE_KEY and SLUICE_REDIS_PASSWORD, and finds the default
  /// queue. Gives what is wrong.
  std::optional<std::string> complete();
};

/// Opens the queue to look into it. Prints what is wrong, and gives nothing, if it cannot.
std::unique_ptr<queue_admin> open_queue(queue_arguments&, const char* command);

} // namespace sluice
