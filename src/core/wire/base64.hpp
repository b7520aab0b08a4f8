#pragma once

#include <string>
#include <string_view>

namespace sluice {

/// Base64 with padding, as HTTP's Basic authentication wants it.
std::string base64(std::string_view bytes);

} // namespace sluice
