#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace sluice {

/// Makes `app` the command: all its subcommands, options and environment variables. Parsing a command line then runs
/// the subcommand that it names, which sets the exit status.
void describe_command_line(CLI::App& app, int& exit_code);

/// Returns the words of the command that was called, without the program's.
std::string called(const CLI::App& app);

} // namespace sluice
