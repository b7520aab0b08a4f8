#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/metrics/meters.hpp"
#include "sluice/error.hpp"
#include "sluice/reports.hpp"
#include "sluice/store.hpp"

namespace sluice {

/// The state of a system at one moment, for health and metrics.
struct system_view {
  system_stats system{};
  /// The bound of the buffer.
  std::uint64_t capacity = 0;
  bool intake_is_open = true;
  /// How long until the next probe of the destination; nothing while deliveries flow.
  std::optional<std::chrono::milliseconds> until_probe{};
  /// How long events took until they were delivered, since the start.
  duration_histogram::buckets to_delivered{};
  /// What the store says of the queue; nothing for a queue that only this process can see.
  std::optional<store_stats> queue{};
  /// Why the store has not answered; empty if it has.
  std::string store_error{};
};

/// Asks for the state. The answer is given once, on any thread.
using ask_for_view = std::function<void(std::function<void(const system_view&)>)>;

/// Returns why a system is not ready to take events; nothing if it is.
std::vector<std::string> why_not_ready(const system_view&);

/// Returns what an operator should know of a system that may be ready all the same, in the words of `sluice status`.
std::vector<std::string> notes_on(const system_view&);

} // namespace sluice
