#pragma once

#include <CLI/CLI.hpp>

namespace sluice {

/// `sluice queues`: lists the queues in the default folder.
void add_queues_command(CLI::App& app, int& exit_code);

} // namespace sluice
