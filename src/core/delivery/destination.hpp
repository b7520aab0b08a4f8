#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include "core/delivery/outcome.hpp"
#include "sluice/options.hpp"

namespace sluice {

/// The health of the destination.
enum class health : std::uint8_t {
  healthy,      ///< Deliveries flow.
  unavailable,  ///< It is unreachable or asks for a pause: the circuit breaker is open.
  misconfigured ///< Its address or its key is wrong: deliveries are suspended.
};

/// How many deliveries the destination may be given at a time. While it is not healthy, deliveries are suspended and
/// one probe at a time goes out until an answer says otherwise. Then they come back little by little: one more for each
/// that is delivered up to half of what it took before, slower from there. No clock and no randomness of its own.
class destination {
public:
  using time = std::chrono::steady_clock::time_point;

  explicit destination(const options&);

  sluice::health health() const noexcept { return health_; }
  /// Deliveries that may be under way.
  std::size_t capacity() const noexcept;
  /// When a probe is due; empty unless one is waited for.
  std::optional<time> probe_at() const noexcept { return probe_at_; }

  /// What an attempt came to. `asked`: the server's `Retry-After`, capped. `unit_random`, in [0, 1], spreads probes.
  void note(outcome, time now, std::optional<milliseconds> asked, double unit_random);
  /// The time has come for a probe if `now` is past `probe_at`.
  void tick(time now);
  /// An operator says that it is healthy.
  void resume() noexcept;

private:
  void turn(sluice::health, time now, milliseconds wait);
  void answered(bool delivered);
  milliseconds next_wait(std::optional<milliseconds> asked, double unit_random);

  const breaker_options breaker_;
  /// Not more than one batch alone may have: what opens the breaker counts no attempt.
  const int failures_allowed_;
  const milliseconds misconfigured_probe_;
  const double most_;

  sluice::health health_ = health::healthy;
  std::optional<time> probe_at_;
  /// Unreachable in a row, with no answer in between.
  int failures_ = 0;
  /// Probes that failed in a row.
  int probes_ = 0;
  /// Deliveries at a time, and where their growth slows down.
  double limit_;
  double slow_from_;
};

} // namespace sluice
