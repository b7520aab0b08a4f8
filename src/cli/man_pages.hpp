#pragma once

#include <string>

#include "cli/command_model.hpp"

namespace sluice {

/// Returns the man page of a command as roff. `parent` is the path of the command above it; empty: none.
std::string man_page(const command_model& command, const std::string& parent = "");

/// Adds the hidden command `man-pages FOLDER`, with which the build writes the pages of all commands.
void add_man_pages_command(CLI::App& app, int& exit_code);

} // namespace sluice
