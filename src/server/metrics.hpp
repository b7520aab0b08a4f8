#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "server/system_view.hpp"

namespace sluice {

/// How many requests for events were answered with each status. Any thread.
class request_counts {
public:
  static constexpr std::array<int, 9> statuses{200, 400, 401, 404, 405, 413, 415, 429, 503};

  void count(int status) noexcept {
    for (std::size_t i = 0; i < statuses.size(); ++i)
      if (statuses[i] == status)
        counts_[i].fetch_add(1, std::memory_order_relaxed);
  }
  std::uint64_t with(std::size_t i) const noexcept { return counts_[i].load(std::memory_order_relaxed); }

private:
  std::array<std::atomic<std::uint64_t>, statuses.size()> counts_{};
};

/// How long events took, in buckets. Any thread.
class duration_histogram {
public:
  /// The upper ends of the buckets.
  static constexpr std::array<std::chrono::microseconds, 13> ends{
      std::chrono::microseconds{1'000},     std::chrono::microseconds{2'500},     std::chrono::microseconds{5'000},
      std::chrono::microseconds{10'000},    std::chrono::microseconds{25'000},    std::chrono::microseconds{50'000},
      std::chrono::microseconds{100'000},   std::chrono::microseconds{250'000},   std::chrono::microseconds{500'000},
      std::chrono::microseconds{1'000'000}, std::chrono::microseconds{2'500'000}, std::chrono::microseconds{5'000'000},
      std::chrono::microseconds{10'000'000}};

  void observe(std::chrono::microseconds took, std::uint64_t events) noexcept {
    const auto bucket = std::lower_bound(ends.begin(), ends.end(), took) - ends.begin();
    counts_[static_cast<std::size_t>(bucket)].fetch_add(events, std::memory_order_relaxed);
    sum_.fetch_add(static_cast<std::uint64_t>(took.count()) * events, std::memory_order_relaxed);
  }
  /// Events in a bucket alone; the last one has no end.
  std::uint64_t in(std::size_t bucket) const noexcept { return counts_[bucket].load(std::memory_order_relaxed); }
  /// The sum in microseconds.
  std::uint64_t sum() const noexcept { return sum_.load(std::memory_order_relaxed); }

private:
  std::array<std::atomic<std::uint64_t>, ends.size() + 1> counts_{};
  std::atomic<std::uint64_t> sum_{0};
};

/// How the attempts ended that the store has recorded, by the first digit of their status; 0: without an answer. Any
/// thread.
class delivery_counts {
public:
  void count(int status) noexcept {
    const auto digit = static_cast<std::size_t>(std::clamp(status / 100, 0, 5));
    counts_[digit].fetch_add(1, std::memory_order_relaxed);
  }
  std::uint64_t with(std::size_t digit) const noexcept { return counts_[digit].load(std::memory_order_relaxed); }

private:
  std::array<std::atomic<std::uint64_t>, 6> counts_{};
};

/// What is counted for the metrics alone, as long as the system lives.
struct meters {
  request_counts requests;
  delivery_counts deliveries;
  /// From the moment that the body of a request has come to the one that its events are stored.
  duration_histogram to_stored;
};

/// Returns the metrics of a system in Prometheus's text format; docs/operations.md says what each means.
std::string metrics_text(const system_view&, const meters&);

} // namespace sluice
