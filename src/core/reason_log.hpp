#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace sluice {

/// Decides when to say why things fail: each reason at once, and then how often it has happened, so that a log tells
/// the cause of a long trouble in two lines. It has no clock.
class reason_log {
public:
  using time = std::chrono::steady_clock::time_point;
  using duration = std::chrono::steady_clock::duration;

  /// Of how many reasons it keeps account. More at a time are not told apart: nobody reads them.
  static constexpr std::size_t most = 16;
  /// What fails more often than this goes on.
  static constexpr std::chrono::seconds gap{1};

  /// `again`: a reason that goes on is said again after so long.
  explicit reason_log(duration again) : again_{again} {}

  /// Something has failed. Returns how often it has failed for this reason since that was said last, or zero if it
  /// need not be said now.
  std::uint64_t failed(const std::string& reason, time now, std::uint64_t times = 1);
  /// Whether there is a reason that is not over.
  bool empty() const noexcept { return reasons_.empty(); }
  /// Returns the reasons that have not been seen for `gap`, and how often each has happened in all: they are over.
  std::vector<std::pair<std::string, std::uint64_t>> take_over(time now);

private:
  struct account {
    std::uint64_t in_all = 0, unsaid = 0;
    time said, seen;
  };

  duration again_;
  std::map<std::string, account> reasons_;
};

} // namespace sluice
