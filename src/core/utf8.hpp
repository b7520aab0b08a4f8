#pragma once

#include <cstddef>
#include <string_view>

namespace sluice {

/// Returns the length of the valid UTF-8 sequence of two to four bytes at `at`, 0 if there is none (RFC 3629: no
/// overlong forms, no surrogates).
inline std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const auto follows = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const unsigned char first = byte(0);
  const std::size_t left = text.size() - at;
  if (first >= 0xC2 && first <= 0xDF)
    return left >= 2 && follows(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    if (left < 3 || !follows(1) || !follows(2))
      return 0;
    const bool overlong = first == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = first == 0xED && byte(1) > 0x9F;
    return overlong || surrogate ? 0 : 3;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    if (left < 4 || !follows(1) || !follows(2) || !follows(3))
      return 0;
    const bool overlong = first == 0xF0 && byte(1) < 0x90;
    const bool beyond = first == 0xF4 && byte(1) > 0x8F;
    return overlong || beyond ? 0 : 4;
  }
  return 0;
}

/// Whether a text is UTF-8.
inline bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto length = static_cast<unsigned char>(text[at]) < 0x80 ? 1 : utf8_length(text, at);
    if (length == 0)
      return false;
    at += length;
  }
  return true;
}

} // namespace sluice
