#pragma once

#include <string>
#include <string_view>

namespace sluice {

/// Returns text from outside in a form that can be stored and shown: control bytes and bytes outside ASCII become `?`,
/// the secret and its Base64 forms become `[secret]`, and at most 256 bytes are kept. A secret of fewer than eight
/// bytes is looked for as a word of its own.
std::string printable(std::string_view text, std::string_view secret);

/// Returns a line in a form that a terminal shows and does not obey: controls, and marks that change the direction or
/// the lines of a text, become `\u001b` and the like, which JSON reads back; bytes that are not UTF-8 become `\x9b`.
std::string terminal_line(std::string_view line);

} // namespace sluice
