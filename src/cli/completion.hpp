#pragma once

#include <string>

#include "cli/command_model.hpp"

namespace sluice {

/// The script that completes the command in bash: subcommands, options, their values, and files.
std::string bash_completion(const command_model& command);

/// The same for zsh, with descriptions.
std::string zsh_completion(const command_model& command);

/// `completion bash|zsh`
void add_completion_command(CLI::App& app, int& exit_code);

} // namespace sluice
