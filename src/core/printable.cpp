#include "core/printable.hpp"

#include <algorithm>

#include "core/wire/base64.hpp"

namespace sluice {

namespace {

constexpr std::size_t max_size = 256;
// How many bytes to search: enough for a secret that begins inside the part that is kept.
constexpr std::size_t max_looked_at = 4096;

void replace_all(std::string& text, const std::string& what) {
  constexpr std::string_view mask = "[secret]";
  if (what.empty())
    return;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + mask.size()))
    text.replace(at, what.size(), mask);
}

} // namespace

std::string printable(std::string_view text, std::string_view secret) {
  std::string out{text.substr(0, max_looked_at)};
  if (!secret.empty()) {
    replace_all(out, base64(std::string{secret} + ":"));
    replace_all(out, base64(secret));
    replace_all(out, std::string{secret});
  }
  out.resize(std::min(out.size(), max_size));
  for (char& c : out)
    if (c < 0x20 || c > 0x7e)
      c = '?';
  return out;
}

} // namespace sluice
