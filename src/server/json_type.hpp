#pragma once

#include <string_view>

#include <strings.h>

namespace sluice {

/// Returns whether the value of a `Content-Type` header is JSON, whatever parameters follow.
inline bool is_json_type(std::string_view content_type) {
  constexpr std::string_view json = "application/json";
  return content_type.size() >= json.size() && ::strncasecmp(content_type.data(), json.data(), json.size()) == 0 &&
         (content_type.size() == json.size() || content_type[json.size()] == ';' || content_type[json.size()] == ' ');
}

} // namespace sluice
