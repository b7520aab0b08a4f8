#pragma once

#include <string>

#include "cli/command_model.hpp"

namespace sluice {

/// Returns the script that completes the command in bash: subcommands, options, their values, and files.
std::string bash_completion(const command_model& command);

/// Returns the same script for zsh, with descriptions.
std::string zsh_completion(const command_model& command);

/// Adds `completion bash|zsh`, which prints either script.
void add_completion_command(CLI::App& app, int& exit_code);

} // namespace sluice
