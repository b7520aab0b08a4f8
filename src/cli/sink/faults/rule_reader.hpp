#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/sink/faults/script.hpp"
#include "sluice/error.hpp"

namespace sluice {

/// Reads a rule of a script of faults. What is wrong with it is added to the errors, each under the name `at` of the
/// rule and that of its member; then the rule is of no use. Pure.
fault_rule read_rule(const nlohmann::json& rule, const std::string& at, std::vector<error>& errors);

} // namespace sluice
