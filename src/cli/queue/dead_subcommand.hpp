#pragma once

#include <string>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cli/queue_arguments.hpp"
#include "sluice/error.hpp"

namespace sluice {

/// Adds a subcommand of `sluice dead` with the options that select the queue, which must outlive it.
CLI::App* add_dead_subcommand(CLI::App& dead, queue_arguments&, const char* name, const char* what);

/// Prints why `sluice dead SUBCOMMAND` has failed. Returns the exit status.
int dead_failed(const std::string& subcommand, const error&);

/// Returns JSON as lines for a terminal; one line if `indent` is negative. A store may hold bytes that are not UTF-8.
std::string json_for_terminal(const nlohmann::ordered_json&, int indent = -1);

} // namespace sluice
