#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace sluice {

/// What a `Retry-After` header asks for: seconds, or an HTTP date in any of its three forms. Nothing if it is empty or
/// makes no sense; zero if the date has passed. At most a year.
std::optional<std::chrono::milliseconds> parse_retry_after(std::string_view header,
                                                           std::chrono::system_clock::time_point now);

} // namespace sluice
