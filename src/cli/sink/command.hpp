#pragma once

#include <CLI/CLI.hpp>

namespace sluice {

/// `sluice sink`: runs a local `/v1/batch` endpoint that fails as a script says.
void add_sink_command(CLI::App& app, int& exit_code);

} // namespace sluice
