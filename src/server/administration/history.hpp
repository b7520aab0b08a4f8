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
  flow_state state{};
};

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
  counts before_{};
};

/// Returns the answer to `GET /api/history`.
nlohmann::ordered_json json_of(const history&);

} // namespace sluice
