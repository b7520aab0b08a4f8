#pragma once

#include <string>

#include "sluice/error.hpp"

namespace sluice {

/// Returns an error as an operator knows it: with the option of the command, if one sets the field.
std::string text_of(const error&);

/// Prints `sluice COMMAND: LINE` to standard error (`sluice: LINE` without a command), with nothing that a terminal
/// obeys.
void complain(const std::string& command, const std::string& line);

} // namespace sluice
