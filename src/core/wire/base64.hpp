#pragma once

#include <string>
#include <string_view>

namespace sluice {

/// Returns Base64 with padding, as HTTP's Basic authentication requires.
std::string base64(std::string_view bytes);

} // namespace sluice
