#pragma once

#include <string>
#include <string_view>

#include "core/event/date.hpp"
#include "sluice/options.hpp"

namespace sluice {

/// Returns the word for a level: `debug`, `info`, `warning` or `error`.
std::string_view name_of(log_level) noexcept;

/// Returns `{"time":"2024-05-01T12:00:00.000Z","level":"warning","message":…}`.
std::string log_line_as_json(date_time now, log_level, std::string_view message);

} // namespace sluice
