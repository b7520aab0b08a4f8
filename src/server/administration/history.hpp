#pragma once

#include <chrono>
#include <deque>
#include <optional>

#include <nlohmann/json.hpp>

#include "server/administration/flow_state.hpp"

namespace sluice {

/// How a system was at one moment, and what it has done since the one before.
struct history_sample {
  store_time at{};
  std::uint64_t accepted = 0, delivered = 0, dead = 0, failed_attempts = 0;
  std::uint64_t buffer = 0;
  /// Of a queue that can be seen.
  std::optional<std::uint64_t> ready{}, retry{};
  /// The age of the oldest batch that is ready, if one is.
  std::optional<std::chrono::milliseconds> oldest_ready{};
  /// Of the events that were delivered since; interpolated within the buckets of a histogram.
  std::optional<double> to_delivered_p50_ms{}, to_delivered_p99_ms{};
  flow_state state{};
};

/// Returns the time in ms within which this part of the things took place; nothing if there were none. What has no end
/// counts as the last end.
std::optional<double> quantile_ms(const duration_histogram::buckets&, double part);

/// The samples of the last hour.
class history {
public:
  static constexpr std::chrono::seconds every{10};
  static constexpr std::size_t most = 360;

  void add(const system_view&, store_time now);
  /// The oldest first.
  const std::deque<history_sample>& samples() const noexcept { return samples_; }

private:
  std::deque<history_sample> samples_;
  /// Of the sample before; the first one has nothing to compare with.
  std::optional<counts> before_{};
  duration_histogram::buckets delivered_before_{};
};

/// Returns the answer to `GET /api/history`.
nlohmann::ordered_json json_of(const history&);

} // namespace sluice
