#pragma once

#include <string>
#include <string_view>

namespace sluice {

/// Returns whether the PEM file can be read and has an object whose label ends with the text, as in `CERTIFICATE`.
bool has_pem(const std::string& file, std::string_view label);

} // namespace sluice
