#pragma once

#include <string_view>

namespace sluice {

/// Returns whether the double `n`, as which a JSON number was read, has the digits of its text.
bool keeps_digits(double n, std::string_view text);

} // namespace sluice
