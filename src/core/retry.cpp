#include "core/retry.hpp"

#include <algorithm>
#include <cmath>

namespace sluice {

std::variant<retry_after, give_up> next_step(const retry_options& o, int failed_attempts, double unit_random,
                                             std::optional<milliseconds> server_min) {
  if (failed_attempts >= o.max_attempts)
    return give_up{};
  // As a real number: it grows beyond every integer, and the cap brings it back.
  const double grown = std::ldexp(static_cast<double>(o.base.count()), std::max(failed_attempts - 1, 0));
  const double ceiling = std::min(static_cast<double>(o.cap.count()), grown);
  auto delay = milliseconds{static_cast<milliseconds::rep>(ceiling * std::clamp(unit_random, 0.0, 1.0))};
  if (server_min)
    delay = std::max(delay, std::min(*server_min, o.retry_after_cap));
  return retry_after{delay};
}

} // namespace sluice
