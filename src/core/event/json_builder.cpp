#include "core/event/json_builder.hpp"

#include <string_view>

#include "core/event/json_number.hpp"
#include "core/event/json_writer.hpp"

namespace sluice {

namespace {

constexpr std::size_t max_shown_number = 40;
// nlohmann's number of the error that a number is beyond a double.
constexpr int number_overflow = 406;

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
