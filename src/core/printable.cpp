#include "core/printable.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "core/utf8.hpp"
#include "core/wire/base64.hpp"

namespace sluice {

namespace {

constexpr std::size_t max_size = 256;
// How many bytes to search: enough for a secret that begins inside the part that is kept.
constexpr std::size_t max_looked_at = 4096;

// A shorter secret is part of many words, as `k` is.
constexpr std::size_t min_secret_in_word = 8;

bool is_in_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

void mask_all(std::string& text, const std::string& secret) {
  constexpr std::string_view mask = "[secret]";
  if (secret.empty())
    return;
  for (std::size_t at = 0; (at = text.find(secret, at)) != std::string::npos;) {
    const auto end = at + secret.size();
    const bool inside = (at > 0 && is_in_word(text[at - 1]) && is_in_word(secret.front())) ||
                        (end < text.size() && is_in_word(text[end]) && is_in_word(secret.back()));
    if (inside && secret.size() < min_secret_in_word) {
      ++at;
      continue;
    }
    text.replace(at, secret.size(), mask);
    at += mask.size();
  }
}

// Returns the code point of the sequence that `utf8_length` has measured.
unsigned code_point(std::string_view sequence) {
  if (sequence.size() == 1)
    return static_cast<unsigned char>(sequence[0]);
  auto n = static_cast<unsigned char>(sequence[0]) & (0x7fU >> sequence.size());
  for (const char c : sequence.substr(1))
    n = n << 6U | (static_cast<unsigned char>(c) & 0x3fU);
  return n;
}

bool is_obeyed(unsigned c) {
  const auto within = [c](unsigned first, unsigned last) { return c >= first && c <= last; };
  return c < 0x20 || within(0x7f, 0x9f) || c == 0x61c || within(0x200e, 0x200f) || within(0x2028, 0x202e) ||
         within(0x2066, 0x2069);
}

} // namespace

std::string printable(std::string_view text, std::string_view secret) {
  std::string out{text.substr(0, max_looked_at)};
  if (!secret.empty()) {
    mask_all(out, base64(std::string{secret} + ":"));
    mask_all(out, base64(secret));
    mask_all(out, std::string{secret});
  }
  out.resize(std::min(out.size(), max_size));
  for (char& c : out)
    if (c < 0x20 || c > 0x7e)
      c = '?';
  return out;
}

std::string terminal_line(std::string_view line) {
  std::string out;
  std::array<char, 8> escape{};
  for (std::size_t i = 0; i < line.size();) {
    const auto byte = static_cast<unsigned char>(line[i]);
    const auto length = byte < 0x80 ? 1 : utf8_length(line, i);
    const auto sequence = line.substr(i, std::max<std::size_t>(length, 1));
    i += sequence.size();
    const auto c = length == 0 ? byte : code_point(sequence);
    if (length > 0 && !is_obeyed(c)) {
      out += sequence;
      continue;
    }
    std::snprintf(escape.data(), escape.size(), length == 0 ? "\\x%02x" : "\\u%04x", c);
    out += escape.data();
  }
  return out;
}

} // namespace sluice
