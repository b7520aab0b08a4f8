#pragma once

#include <CLI/CLI.hpp>

namespace sluice {

/// `sluice dead groups`: dead letters by status and reason.
void add_dead_groups_command(CLI::App& dead, int& exit_code);

} // namespace sluice
