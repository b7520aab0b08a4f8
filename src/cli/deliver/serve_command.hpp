#pragma once

#include <CLI/CLI.hpp>

namespace sluice {

/// `sluice serve`: delivers the events in a queue, and those that other processes send over HTTP.
void add_serve_command(CLI::App& app, int& exit_code);

} // namespace sluice
