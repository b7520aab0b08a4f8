#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace sluice {

/// One option or positional of the command line, as man pages and completion need it.
struct argument_model {
  /// The spellings, the long ones first, as in `--help` and `-h`; of a positional, its name.
  std::vector<std::string> names;
  bool positional = false;
  /// A positional that may be given more than once.
  bool repeated = false;
  /// What the value is called, as in `FILE`; empty for a flag.
  std::string value;
  /// The words that the value must be one of; empty: any.
  std::vector<std::string> choices;
  /// As in `1 - 86400`; empty: any.
  std::string range;
  bool required = false;
  std::string description;
  std::string default_value;

  /// Options and positionals whose value is called FILE name a file.
  bool takes_file() const { return value == "FILE"; }
};

/// A command and what belongs to it; the source of man pages and completion.
struct command_model {
  /// From the program on, as in `sluice dead list`.
  std::string path;
  std::string description;
  /// The sections behind the options: a heading is a line that ends in a colon, its text is indented.
  std::string footer;
  std::vector<argument_model> arguments;
  std::vector<command_model> commands;

  /// The last word of the path.
  std::string name() const { return path.substr(path.rfind(' ') + 1); }
};

/// Reads a command and its subcommands, without those that are hidden.
command_model model_of(const CLI::App& app, const std::string& parent = "");

/// The path with another character between its words, as in `sluice-dead-list`.
std::string joined(std::string path, char between);

} // namespace sluice
