#pragma once

#include <string>
#include <string_view>

namespace sluice {

/// Returns text from outside in a form that can be stored and shown: control bytes and bytes outside ASCII become `?`,
/// the secret and its Base64 forms become `[secret]`, and at most 256 bytes are kept.
std::string printable(std::string_view text, std::string_view secret);

} // namespace sluice
