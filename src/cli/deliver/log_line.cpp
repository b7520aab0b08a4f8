#include "cli/deliver/log_line.hpp"

#include <nlohmann/json.hpp>

namespace sluice {

std::string_view name_of(log_level level) noexcept {
  switch (level) {
  case log_level::debug:
    return "debug";
  case log_level::info:
    return "info";
  case log_level::warning:
    return "warning";
  case log_level::error:
    break;
  }
  return "error";
}

std::string log_line_as_json(date_time now, log_level level, std::string_view message) {
  std::string time;
  append_date(time, now);
  const nlohmann::ordered_json line{{"time", time}, {"level", name_of(level)}, {"message", message}};
  return line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

} // namespace sluice
