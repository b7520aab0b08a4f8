// Text from outside as it is stored and shown. The first line of the input is the secret.
#include <algorithm>
#include <cctype>
#include <string>

#include "core/printable.hpp"
#include "core/utf8.hpp"
#include "core/wire/base64.hpp"
#include "fuzz/input.hpp"
#include "fuzz/require.hpp"

using namespace sluice;

namespace {

bool is_plain(std::string_view secret) {
  return secret.size() >= 8 &&
         std::all_of(secret.begin(), secret.end(), [](unsigned char c) { return std::isalnum(c) != 0; });
}

bool is_terminal_text(std::string_view line) {
  for (std::size_t i = 0; i < line.size();) {
    const auto byte = static_cast<unsigned char>(line[i]);
    const auto length = byte < 0x80 ? 1 : utf8_length(line, i);
    if (length == 0 || byte < 0x20 || byte == 0x7f)
      return false;
    i += length;
  }
  return true;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto text = text_of(data, size);
  const auto secret = take_line(text);
  const auto shown = printable(text, secret);
  require(shown.size() <= 256, "what is stored has a bound");
  require(std::all_of(shown.begin(), shown.end(), [](char c) { return c >= 0x20 && c <= 0x7e; }),
          "what is stored is printable");
  if (is_plain(secret))
    for (const auto& form : {std::string{secret}, base64(secret)})
      require(printable(std::string{text} + " " + form, secret).find(form) == std::string::npos, "no secret is stored");
  const auto line = terminal_line(text);
  require(is_terminal_text(line), "a terminal obeys nothing");
  require(terminal_line(line) == line, "what is shown is shown as it is");
  return 0;
}
