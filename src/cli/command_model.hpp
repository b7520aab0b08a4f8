#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace sluice {

/// One option or positional of the command line, as man pages and completion need it.
struct argument_model {
  /// The spellings, the long ones first, as in `--help` and `-h`; for a positional, its name.
  std::vector<std::string> names;
  bool positional = false;
  /// A positional that may be given more than once.
  bool repeated = false;
  /// The name of the value, as in `FILE`; empty for a flag.
  std::string value;
  /// The words that the value may be; empty: any value.
  std::vector<std::string> choices;
  /// The range of the value, as in `1 - 86400`; empty: none.
  std::string range;
  bool required = false;
  std::string description;
  std::string default_value;
  /// The environment variable that sets it; empty: none.
  std::string variable;

  /// Returns whether the value names a file: it is then called FILE.
  bool takes_file() const { return value == "FILE"; }
};

/// A command with its options and subcommands: the source of man pages and completion.
struct command_model {
  /// All words from the program on, as in `sluice dead list`.
  std::string path;
  std::string description;
  /// The sections after the options. A heading is a line that ends in a colon; its text is indented.
  std::string footer;
  std::vector<argument_model> arguments;
  std::vector<command_model> commands;

  /// Returns the last word of the path.
  std::string name() const { return path.substr(path.rfind(' ') + 1); }
};

/// Returns the model of a command and its subcommands, except hidden ones.
command_model model_of(const CLI::App& app, const std::string& parent = "");

/// Returns the path with another character between its words, as in `sluice-dead-list`.
std::string joined(std::string path, char between);

} // namespace sluice
