#pragma once

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "sluice/client.hpp"

namespace sluice::bench {

/// Tracks the event of all measurements: three properties, about 260 bytes as JSON.
inline result<std::string> track_sample(client& to, std::int64_t n) {
  return to.track({.user_id = "user-1234"}, "Order Completed", {{"total", 27.5}, {"n", n}, {"sku", "F15"}});
}

/// Tracks `events` such events, each as soon as the buffer has room.
inline void track_samples(client& to, std::int64_t events) {
  for (std::int64_t i = 0; i < events; ++i)
    while (!track_sample(to, i))
      to.wait_for_room(std::chrono::seconds{1});
}

/// Waits until everything is delivered. Throws unless that makes `events` since the start.
inline void deliver_all(client& by, std::int64_t events) {
  const auto flushed = by.flush(std::chrono::seconds{60});
  if (!flushed || flushed->delivered != static_cast<std::uint64_t>(events))
    throw std::runtime_error("the pipeline has not delivered everything");
}

} // namespace sluice::bench
