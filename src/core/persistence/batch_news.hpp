#pragma once

#include <chrono>
#include <cstdint>

#include "sluice/store.hpp"

namespace sluice {

/// What happened to a batch, as committed to the store.
enum class batch_step : std::uint8_t {
  stored,
  delivered,
  retried,
  dead,
  returned ///< Back in the queue: released, deferred or split.
};

struct batch_news {
  batch_step step{};
  batch_ptr content{};
  /// `stored`: the same unit of work leased it to this process.
  bool leased = false;
  int attempts = 0;
  failure_note why{};
  /// `retried`: how long it waits.
  std::chrono::milliseconds delay{0};
};

} // namespace sluice
