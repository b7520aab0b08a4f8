#pragma once

#include <string>
#include <string_view>

namespace sluice {

/// Text from outside as it may be kept and shown: control bytes and what is no ASCII become `?`, the secret and its
/// Base64 forms become `[secret]`, and at most 256 bytes stay.
std::string printable(std::string_view text, std::string_view secret);

} // namespace sluice
