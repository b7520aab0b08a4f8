#pragma once

#include <string>

namespace sluice {

/// Returns a text as one word of a shell's command line: as it is, or between single quotes if it needs them.
std::string shell_word(const std::string& text);

} // namespace sluice
