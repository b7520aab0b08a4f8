#pragma once

#include <CLI/CLI.hpp>

namespace sluice {

/// `sluice status`: shows the counts of a queue, who processes it, and how deliveries go.
void add_status_command(CLI::App& app, int& exit_code);

/// `sluice pause` and `sluice resume`: pause and resume deliveries from a queue.
void add_pause_commands(CLI::App& app, int& exit_code);

} // namespace sluice
