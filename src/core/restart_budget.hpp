#pragma once

#include <chrono>
#include <cstddef>
#include <deque>

namespace sluice {

/// Limits restarts to `max` within any window of `within`. It has no clock of its own.
class restart_budget {
public:
  using time = std::chrono::steady_clock::time_point;

  restart_budget(int max, std::chrono::milliseconds within) : max_{static_cast<std::size_t>(max)}, within_{within} {}

  /// Returns whether one more restart is within the budget, and counts it if so.
  bool spend(time now) {
    while (!spent_.empty() && now - spent_.front() >= within_)
      spent_.pop_front();
    if (spent_.size() >= max_)
      return false;
    spent_.push_back(now);
    return true;
  }

private:
  std::size_t max_;
  std::chrono::milliseconds within_;
  std::deque<time> spent_;
};

} // namespace sluice
