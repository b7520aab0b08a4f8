#include "core/delivery/retry.hpp"

#include <algorithm>
#include <cmath>

namespace sluice {

retry_limit reached_limit(const retry_options& o, int failed_attempts, milliseconds age) noexcept {
  if (failed_attempts >= o.max_attempts)
    return retry_limit::max_attempts;
  return o.max_age > milliseconds{0} && age >= o.max_age ? retry_limit::max_age : retry_limit::none;
}

std::optional<milliseconds> capped(const retry_options& o, std::optional<milliseconds> asked) noexcept {
  return asked ? std::optional{std::min(*asked, o.retry_after_cap)} : std::nullopt;
}

milliseconds retry_delay(const retry_options& o, int failed_attempts, double unit_random,
                         std::optional<milliseconds> asked) noexcept {
  // A real number, because it grows beyond every integer before the cap brings it back.
  const double grown = std::ldexp(static_cast<double>(o.base.count()), std::max(failed_attempts - 1, 0));
  const double ceiling = std::min(static_cast<double>(o.cap.count()), grown);
  const milliseconds delay{static_cast<milliseconds::rep>(ceiling * std::clamp(unit_random, 0.0, 1.0))};
  return std::max(delay, asked.value_or(milliseconds{0}));
}

} // namespace sluice
