#pragma once

#include <CLI/CLI.hpp>

namespace sluice {

/// `sluice repartition`: gives a queue another number of partitions.
void add_repartition_command(CLI::App& app, int& exit_code);

} // namespace sluice
