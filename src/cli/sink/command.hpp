#pragma once

#include <CLI/CLI.hpp>

namespace sluice {

/// `sluice sink`: a local endpoint to try things against.
void add_sink_command(CLI::App& app, int& exit_code);

} // namespace sluice
