#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace sluice {

/// Milliseconds since 1970, UTC; wide enough for every year of four digits, which nanoseconds are not.
using date_time = std::chrono::sys_time<std::chrono::milliseconds>;

/// The number of bytes that `append_date` appends: `2024-05-01T12:00:00.000Z`.
inline constexpr std::size_t date_size = 24;

/// Reads ISO 8601: `T` or a space, 0 to 9 digits of a second's fraction, `Z`, an offset (`+05:30`, `+0530`, `+05`) or
/// none, which means UTC. Returns nothing for any other text.
std::optional<date_time> parse_date(std::string_view text);

/// Appends a date in UTC with milliseconds. Years are limited to 0000 to 9999.
void append_date(std::string& out, date_time);

} // namespace sluice
