#include "core/event/json_number.hpp"

#include <array>
#include <charconv>
#include <string>

namespace sluice {

namespace {

// Every decimal number of so many digits has a double of its own.
constexpr std::size_t exact_digits = 15;

// A decimal number as 0.DIGITS * 10^EXPONENT, without zeros at either end.
struct decimal {
  std::string digits;
  long exponent = 0;

  friend bool operator==(const decimal&, const decimal&) = default;
};

decimal decimal_of(std::string_view text) {
  decimal d;
  bool in_fraction = false;
  std::size_t i = 0;
  for (; i < text.size() && text[i] != 'e' && text[i] != 'E'; ++i) {
    if (text[i] == '.')
      in_fraction = true;
    if (text[i] < '0' || text[i] > '9')
      continue;
    if (!d.digits.empty() || text[i] != '0')
      d.digits += text[i];
    if (!in_fraction)
      d.exponent += d.digits.empty() ? 0 : 1;
    else
      d.exponent -= d.digits.empty() ? 1 : 0;
  }
  d.digits.resize(d.digits.find_last_not_of('0') + 1);
  if (d.digits.empty())
    return {};
  if (i < text.size()) {
    i += text[i + 1] == '+' ? 2 : 1;
    long written = 0;
    // An exponent that is too long for the number is beyond a double as well.
    std::from_chars(text.data() + i, text.data() + text.size(), written);
    d.exponent += written;
  }
  return d;
}

} // namespace

bool keeps_digits(double n, std::string_view text) {
  if (text.size() <= exact_digits && text.find_first_of("eE") == std::string_view::npos)
    return true;
  std::array<char, 32> shortest{};
  const auto [end, why] = std::to_chars(shortest.data(), shortest.data() + shortest.size(), n);
  return decimal_of(text) == decimal_of({shortest.data(), static_cast<std::size_t>(end - shortest.data())});
}

} // namespace sluice
