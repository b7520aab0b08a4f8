#pragma once

#include <algorithm>
#include <chrono>

namespace sluice {

/// The deadline of a request from outside: zero or less means the default, and more than a day means a day.
inline std::chrono::milliseconds within_reason(std::chrono::milliseconds asked, std::chrono::milliseconds otherwise) {
  constexpr std::chrono::milliseconds day{24 * 3'600'000};
  return asked > std::chrono::milliseconds{0} ? std::min(asked, day) : otherwise;
}

} // namespace sluice
