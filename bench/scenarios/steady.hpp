#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <thread>

#include "harness/benches.hpp"

namespace sluice::bench {

/// Calls `send(i)` for each of `events` numbers, `rate` of them a second, in a burst every millisecond.
template <class Send>
void at_rate(std::int64_t rate, std::int64_t events, Send send) {
  auto next = std::chrono::steady_clock::now();
  for (std::int64_t i = 0, ms = 1; i < events; ++ms) {
    std::this_thread::sleep_until(next += std::chrono::milliseconds{1});
    for (const auto end = std::min(events, rate * ms / 1'000); i < end; ++i)
      send(i);
  }
}

/// Measures events at a steady rate: ms at the median and the 99th percentile, from accepted to stored and to
/// delivered. One event in 20 is a request, whose answer says that it is stored.
row measure_latency(const options&, std::int64_t rate, std::int64_t events);

} // namespace sluice::bench
