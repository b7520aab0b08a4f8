#include "cli/duration_option.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace sluice {

namespace {

using unit = std::pair<std::string_view, milliseconds>;

constexpr std::array units{unit{"d", 86'400'000}, unit{"h", 3'600'000}, unit{"m", 60'000}, unit{"s", 1'000},
                           unit{"ms", 1}};
// Far above every range, and far below what overflows.
constexpr std::int64_t max_number = 10'000'000'000;

std::optional<milliseconds> unit_of(std::string_view name, plain_unit plain) {
  if (name.empty() && plain != plain_unit::none)
    return milliseconds{plain == plain_unit::s ? 1'000 : 1};
  for (const auto& [known, size] : units)
    if (name == known)
      return size;
  return std::nullopt;
}

} // namespace

std::optional<milliseconds> parse_duration(std::string_view text, plain_unit plain) {
  std::int64_t number = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, why] = std::from_chars(text.data(), end, number);
  if (why != std::errc{} || number < 0 || number > max_number)
    return std::nullopt;
  const auto size = unit_of({rest, static_cast<std::size_t>(end - rest)}, plain);
  return size ? std::optional{number * *size} : std::nullopt;
}

std::string to_text(milliseconds t) {
  for (const auto& [name, size] : units)
    if (t.count() != 0 && t % size == milliseconds{0})
      return std::to_string(t / size) + std::string{name};
  return "0s";
}

CLI::Option* add_duration_option(CLI::App& command, const std::string& name, milliseconds& value, plain_unit plain,
                                 const std::string& help, std::optional<duration_range> range) {
  const auto read = [&value, name, plain, range](const std::string& text) {
    const auto given = parse_duration(text, plain);
    if (!given)
      throw CLI::ValidationError(name, "must be a duration, as in 500ms, 30s, 5m, 1h or 2d");
    if (range && (*given < range->low || *given > range->high))
      throw CLI::ValidationError(name, "must be from " + to_text(range->low) + " to " + to_text(range->high));
    value = *given;
  };
  auto* option = command.add_option_function<std::string>(name, read, help)->type_name("DURATION");
  return value.count() == 0 ? option : option->default_str(to_text(value));
}

} // namespace sluice
