#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

namespace sluice {

/// Whether the destination takes deliveries. While its address or key is wrong, deliveries are held: one probe at a
/// time, `probe` apart, until an answer says otherwise. No clock of its own.
class destination {
public:
  using time = std::chrono::steady_clock::time_point;

  explicit destination(std::chrono::milliseconds probe) : probe_{probe} {}

  /// Deliveries that may be under way, of `most`.
  std::size_t capacity(std::size_t most) const noexcept;

  bool held() const noexcept { return held_; }

  /// The address or the key is wrong. True if deliveries were not held before.
  bool fault(time now);
  /// Any other answer. True if deliveries were held before.
  bool answered();
  /// The time has come for a probe if `now` is past `probe_at`.
  void tick(time now);
  std::optional<time> probe_at() const noexcept { return probe_at_; }

private:
  std::chrono::milliseconds probe_;
  bool held_ = false;
  /// Empty while a probe may be under way.
  std::optional<time> probe_at_;
};

} // namespace sluice
