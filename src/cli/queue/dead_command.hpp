#pragma once

#include <CLI/CLI.hpp>

namespace sluice {

/// `sluice dead list | groups | show | export | edit | replay | purge`: the batches that were buried.
void add_dead_command(CLI::App& app, int& exit_code);

} // namespace sluice
