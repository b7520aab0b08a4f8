#pragma once

#include <string>

namespace sluice {

/// What operators are told of deliveries, by `sluice status` and by the server alike.
inline constexpr const char* paused_words = "paused: `sluice resume` resumes deliveries";

inline std::string suspended_words(const std::string& why) {
  return "deliveries are suspended: " + why;
}

} // namespace sluice
