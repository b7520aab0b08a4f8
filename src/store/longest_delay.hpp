#pragma once

#include <algorithm>

#include "sluice/options.hpp"
#include "store/no_room_delay.hpp"

namespace sluice {

/// The longest that a batch is ever asked to wait in `retry`. What is due later than that was written by another clock,
/// and is due.
inline milliseconds longest_delay(const options& o) {
  const auto probe = std::max(o.breaker.probe_cap + o.breaker.probe_cap / 5, o.breaker.misconfigured_probe);
  return std::max({o.retry.cap, o.retry.retry_after_cap, probe, milliseconds{no_room_delay}}) + milliseconds{1'000};
}

} // namespace sluice
