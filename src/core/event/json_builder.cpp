#include "core/event/json_builder.hpp"

#include <array>
#include <charconv>
#include <string_view>

#include "core/event/json_writer.hpp"

namespace sluice {

namespace {

// Every decimal number of so many digits has a double of its own.
constexpr std::size_t exact_digits = 15;
constexpr std::size_t max_shown_number = 40;
// nlohmann's number of the error that a number is beyond a double.
constexpr int number_overflow = 406;

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

bool keeps_digits(double n, std::string_view text) {
  if (text.size() <= exact_digits && text.find_first_of("eE") == std::string_view::npos)
    return true;
  std::array<char, 32> shortest{};
  const auto [end, why] = std::to_chars(shortest.data(), shortest.data() + shortest.size(), n);
  return decimal_of(text) == decimal_of({shortest.data(), static_cast<std::size_t>(end - shortest.data())});
}

std::string does_not_fit(std::string_view text) {
  const bool is_long = text.size() > max_shown_number;
  return "the number " + std::string{text.substr(0, max_shown_number)} + (is_long ? "…" : "") +
         " does not fit; give it as a string";
}

} // namespace

bool json_builder::number_float(double n, const std::string& text) {
  return keeps_digits(n, text) ? put(n) : fail(errc::invalid_number, does_not_fit(text));
}

bool json_builder::key(std::string& name) {
  names_.back() = name;
  return true;
}

bool json_builder::parse_error(std::size_t position, const std::string& last_token,
                               const nlohmann::json::exception& why) {
  if (why.id == number_overflow)
    return fail(errc::invalid_number, does_not_fit(last_token));
  error_ = {errc::invalid_json, "", "invalid JSON at byte " + std::to_string(position)};
  return false;
}

bool json_builder::put(nlohmann::json value) {
  if (open_.empty())
    root_ = std::move(value);
  else if (open_.back()->is_array())
    open_.back()->push_back(std::move(value));
  else
    (*open_.back())[names_.back()] = std::move(value);
  return true;
}

bool json_builder::open(nlohmann::json container) {
  if (open_.size() == max_levels_) {
    error_ = {errc::too_deep, "", "nested deeper than " + std::to_string(max_depth)};
    return false;
  }
  put(std::move(container));
  auto* const in = open_.empty() ? nullptr : open_.back();
  open_.push_back(!in ? &root_ : in->is_array() ? &in->back() : &(*in)[names_.back()]);
  names_.emplace_back();
  return true;
}

bool json_builder::close() {
  open_.pop_back();
  names_.pop_back();
  return true;
}

bool json_builder::fail(errc code, std::string message) {
  error_ = {code, path(), std::move(message)};
  return false;
}

std::string json_builder::path() const {
  std::string text;
  for (std::size_t i = 0; i < open_.size(); ++i) {
    // All but the innermost have the container that follows as their last element.
    const auto filled = open_[i]->size() - (i + 1 < open_.size() ? 1 : 0);
    text += open_[i]->is_array() ? "[" + std::to_string(filled) + "]" : (text.empty() ? "" : ".") + names_[i];
  }
  return text;
}

} // namespace sluice
