#pragma once

#include <CLI/CLI.hpp>

namespace sluice {

/// `sluice status`: what a queue holds.
void add_status_command(CLI::App& app, int& exit_code);

/// `sluice pause` and `sluice resume`: stop and start deliveries from a queue.
void add_pause_commands(CLI::App& app, int& exit_code);

} // namespace sluice
