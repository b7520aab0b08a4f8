#pragma once

#include <string>
#include <string_view>

namespace sluice {

/// What operators are told of deliveries, by `sluice status` and by the server alike.
inline constexpr const char* paused_words = "paused: `sluice resume` resumes deliveries";

inline std::string suspended_words(const std::string& why) {
  return "deliveries are suspended: " + why;
}

/// How the reasons end for which deliveries wait; the beginning is what has happened.
inline constexpr std::string_view unavailable_ending =
    "; the destination is unavailable or asks for a pause: deliveries are suspended, and one probe at a time goes out";
inline constexpr std::string_view misconfigured_ending =
    "; the destination is misconfigured and deliveries are suspended: check data_plane_url and write_key, then resume";
inline constexpr std::string_view guard_ending =
    "; the queue is paused and nothing more is buried: look at the dead letters, then resume";

} // namespace sluice
