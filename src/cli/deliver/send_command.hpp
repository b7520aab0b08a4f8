#pragma once

#include <CLI/CLI.hpp>

namespace sluice {

/// `sluice send`: reads newline-delimited JSON events and delivers them.
void add_send_command(CLI::App& app, int& exit_code);

} // namespace sluice
