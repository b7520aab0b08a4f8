#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>

namespace sluice {

using std::chrono::milliseconds;

/// The unit of a duration that is a plain number.
enum class plain_unit : std::uint8_t { none, ms, s };

/// Reads a duration: `500ms`, `30s`, `5m`, `1h` or `2d`, or a plain number in a unit, if there is one. Returns nothing
/// for any other text.
std::optional<milliseconds> parse_duration(std::string_view text, plain_unit);

/// Returns a duration as `parse_duration` reads it, in the largest unit that it is a multiple of.
std::string to_text(milliseconds);

/// The least and the most that a duration may be.
struct duration_range {
  milliseconds low;
  milliseconds high;
};

/// Adds an option whose value is a duration. Its default is what `value` is now. Without a range, `validate` checks it.
CLI::Option* add_duration_option(CLI::App& command, const std::string& name, milliseconds& value, plain_unit,
                                 const std::string& help, std::optional<duration_range> range = std::nullopt);

} // namespace sluice
