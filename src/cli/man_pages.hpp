#pragma once

#include <string>

#include "cli/command_model.hpp"

namespace sluice {

/// The man page of a command, as roff. `parent` is the path of the command that it belongs to; empty: none.
std::string man_page(const command_model& command, const std::string& parent = "");

/// `man-pages FOLDER`, which is hidden: the build writes the pages of all commands with it.
void add_man_pages_command(CLI::App& app, int& exit_code);

} // namespace sluice
