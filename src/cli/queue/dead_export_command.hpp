#pragma once

#include <CLI/CLI.hpp>

namespace sluice {

/// `sluice dead export`: dead letters with their events, or their events alone, a line each.
void add_dead_export_command(CLI::App& dead, int& exit_code);

} // namespace sluice
