#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "actors/protocol.hpp"

namespace sluice {

/// One timer of one actor. CAF's delayed messages cannot be taken back, so that a later time leaves the message that
/// is under way alone: it rings early, and the actor sets the alarm again. Few messages are ever under way.
class alarm {
public:
  using time = std::chrono::steady_clock::time_point;

  /// `channel` tells the alarms of one actor apart.
  explicit alarm(std::uint8_t channel = 0) : channel_{channel} {}

  /// Rings at `when` at the latest.
  template <class Self>
  void set(Self* self, std::optional<time> when) {
    if (!when || (at_ && *at_ <= *when))
      return;
    at_ = when;
    const auto delay = std::max<std::chrono::nanoseconds>(*when - self->clock().now(), std::chrono::nanoseconds{0});
    compat::send_self_after(self, delay, tick{.channel = channel_, .number = ++number_});
  }

  bool is_set() const noexcept { return at_.has_value(); }

  /// Whether `t` is this alarm ringing, and not one that was set before.
  bool rings(const tick& t) {
    if (t.channel != channel_ || t.number != number_ || !at_)
      return false;
    at_.reset();
    return true;
  }

private:
  std::uint8_t channel_;
  std::uint64_t number_ = 0;
  std::optional<time> at_;
};

} // namespace sluice
