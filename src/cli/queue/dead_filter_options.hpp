#pragma once

#include <CLI/CLI.hpp>

#include "core/persistence/dead_filter.hpp"

namespace sluice {

/// Adds the options that select dead letters. The filter must outlive the command.
void add_dead_filter(CLI::App& command, dead_filter&);

} // namespace sluice
