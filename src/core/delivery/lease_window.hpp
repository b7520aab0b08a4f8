#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace sluice {

/// How many batches a process may have leased: those that are being posted, and some ahead of them, so that neither the
/// posts nor the store wait for one another. It has no clock.
class lease_window {
public:
  /// Leases for each delivery at a time, at most.
  static constexpr std::size_t leases_per_delivery = 8;

  /// `safe`: for how long a lease is surely this process's own, whatever happens to it.
  explicit lease_window(std::chrono::nanoseconds safe) : safe_{safe} {}

  /// An attempt took so long.
  void note(std::chrono::nanoseconds attempt) { average_ += (attempt - average_) / 8; }

  /// Returns how many leases so many deliveries at a time can use: the last of them begins before a quarter of that
  /// time has passed, if attempts take as long as of late.
  std::size_t leases(std::size_t deliveries) const {
    const auto rounds = static_cast<std::size_t>(safe_ / 4 / std::max(average_, std::chrono::nanoseconds{1}));
    return deliveries * std::clamp<std::size_t>(rounds, 1, leases_per_delivery);
  }

  /// How long a batch may wait for its turn at most: it is to be given back then, because its lease may be somebody
  /// else's soon.
  std::chrono::nanoseconds longest_wait() const noexcept { return safe_ / 2; }

private:
  const std::chrono::nanoseconds safe_;
  std::chrono::nanoseconds average_{0};
};

} // namespace sluice
