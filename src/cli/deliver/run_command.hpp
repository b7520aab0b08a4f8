#pragma once

#include <CLI/CLI.hpp>

namespace sluice {

/// `sluice run`: delivers the events in a queue.
void add_run_command(CLI::App& app, int& exit_code);

} // namespace sluice
