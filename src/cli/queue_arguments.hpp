#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>

#include "sluice/options.hpp"
#include "sluice/store.hpp"

namespace sluice {

/// The help's section about the environment, for every command that uses a queue.
inline constexpr const char* queue_environment =
    "Environment:\n"
    "  SLUICE_WRITE_KEY       the write key, if no option gives it; SLUICE_WRITE_KEY_FILE: a file with it\n"
    "  SLUICE_REDIS_PASSWORD  Redis's password, if no option gives it; SLUICE_REDIS_PASSWORD_FILE: a file with it\n"
    "  SLUICE_REDIS_SENTINEL_PASSWORD, SLUICE_REDIS_SENTINEL_PASSWORD_FILE\n"
    "                         the same for the password of the Sentinels\n"
    "  SLUICE_OPTION          any other option except --all, --drop and --edit, as SLUICE_MAX_ATTEMPTS; the command "
    "line takes "
    "precedence\n"
    "  XDG_STATE_HOME         the default place of queues in files; if unset, ~/.local/state";

/// The help's section about the exit status, for commands that read or change a queue.
inline constexpr const char* queue_exit_status = "Exit status:\n"
                                                 "  0  success\n"
                                                 "  1  the queue answered with an error\n"
                                                 "  2  an option is wrong, or the queue cannot be opened\n\n";

/// Returns the folder of the default queues, `$XDG_STATE_HOME/sluice` or `~/.local/state/sluice`; empty if neither
/// variable is set.
std::filesystem::path folder_of_queues();

/// The options that select a destination and its queue.
struct queue_arguments {
  options settings;
  std::string write_key_file, redis_password_file, redis_sentinel_password_file;

  /// Adds `--url`, the write key, `--store` and the options for the store.
  void add_to(CLI::App& command);
  /// Reads the secrets from their files or from the environment, and finds the default queue. Returns the error, or
  /// nothing.
  std::optional<std::string> complete();
};

/// Opens the queue for inspection. Prints the error and returns null if that fails.
std::unique_ptr<queue_admin> open_queue(queue_arguments&, const std::string& command);

} // namespace sluice
