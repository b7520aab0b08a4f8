#pragma once

#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "sluice/options.hpp"
#include "sluice/store.hpp"

namespace sluice {

/// The section of the help about the environment, for every command about a queue.
inline constexpr const char* queue_environment =
    "Environment:\n"
    "  SLUICE_WRITE_KEY       the source's key, if no option gives it\n"
    "  SLUICE_REDIS_PASSWORD  Redis's password, if no option gives it\n"
    "  XDG_STATE_HOME         where queues in files are by default; if unset, ~/.local/state";

/// The section about the exit status, for commands that ask a queue or change it.
inline constexpr const char* queue_exit_status = "Exit status:\n"
                                                 "  0  it is done\n"
                                                 "  1  the queue answered with an error\n"
                                                 "  2  usage or configuration, or the queue cannot be opened\n\n";

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
