#pragma once

#include <CLI/CLI.hpp>

namespace sluice {

/// `sluice erase`: erases the events of a user from a queue.
void add_erase_command(CLI::App& app, int& exit_code);

/// `sluice unblock`: has later events of a user who was erased admitted again.
void add_unblock_command(CLI::App& app, int& exit_code);

} // namespace sluice
