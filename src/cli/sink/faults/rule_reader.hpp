#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/sink/faults/script.hpp"
#include "sluice/error.hpp"

namespace sluice {

/// Reads a rule of a script. Adds every error in it to the errors, each named by the rule's name `at` and the member;
/// the rule must then not be used. Pure.
fault_rule read_rule(const nlohmann::json& rule, const std::string& at, std::vector<error>& errors);

} // namespace sluice
