#pragma once

#include <CLI/CLI.hpp>

namespace sluice {

/// `sluice dead edit`: drops and replaces events of a dead letter.
void add_dead_edit_command(CLI::App& dead, int& exit_code);

} // namespace sluice
