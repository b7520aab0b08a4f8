#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "sluice/error.hpp"

namespace sluice {

/// How long something took, in buckets. Any thread.
class duration_histogram {
public:
  /// The upper ends of the buckets.
  static constexpr std::array<std::chrono::microseconds, 16> ends{
      std::chrono::microseconds{1'000},       std::chrono::microseconds{2'500},
      std::chrono::microseconds{5'000},       std::chrono::microseconds{10'000},
      std::chrono::microseconds{25'000},      std::chrono::microseconds{50'000},
      std::chrono::microseconds{100'000},     std::chrono::microseconds{250'000},
      std::chrono::microseconds{500'000},     std::chrono::microseconds{1'000'000},
      std::chrono::microseconds{2'500'000},   std::chrono::microseconds{5'000'000},
      std::chrono::microseconds{10'000'000},  std::chrono::microseconds{60'000'000},
      std::chrono::microseconds{600'000'000}, std::chrono::microseconds{3'600'000'000}};

  /// So many things took as long.
  void observe(std::chrono::nanoseconds took, std::uint64_t times = 1) noexcept {
    const auto rounded = std::chrono::duration_cast<std::chrono::microseconds>(took);
    const auto bucket = std::lower_bound(ends.begin(), ends.end(), rounded) - ends.begin();
    counts_[static_cast<std::size_t>(bucket)].fetch_add(times, std::memory_order_relaxed);
    sum_.fetch_add(static_cast<std::uint64_t>(rounded.count()) * times, std::memory_order_relaxed);
  }
  /// How many things are in each bucket alone; the last one has no end.
  using buckets = std::array<std::uint64_t, ends.size() + 1>;
  buckets all() const noexcept {
    buckets counts{};
    for (std::size_t i = 0; i < counts.size(); ++i)
      counts[i] = in(i);
    return counts;
  }
  /// Things in a bucket alone.
  std::uint64_t in(std::size_t bucket) const noexcept { return counts_[bucket].load(std::memory_order_relaxed); }
  /// The sum in microseconds.
  std::uint64_t sum() const noexcept { return sum_.load(std::memory_order_relaxed); }

private:
  std::array<std::atomic<std::uint64_t>, ends.size() + 1> counts_{};
  std::atomic<std::uint64_t> sum_{0};
};

/// A moment that one thread knows and others ask for, if there is one.
class known_moment {
public:
  using clock = std::chrono::steady_clock;

  void set(std::optional<clock::time_point> when) noexcept {
    at_.store(when ? when->time_since_epoch().count() : none, std::memory_order_relaxed);
  }
  std::optional<clock::time_point> get() const noexcept {
    const auto at = at_.load(std::memory_order_relaxed);
    return at == none ? std::nullopt : std::optional{clock::time_point{clock::duration{at}}};
  }

private:
  static constexpr clock::rep none = std::numeric_limits<clock::rep>::min();
  std::atomic<clock::rep> at_{none};
};

/// Counts of things of a few known kinds. `Kinds` has their names, as `names`, and says which kind a thing is. Any
/// thread.
template <class Kinds>
class kind_counts {
public:
  template <class Thing>
  void count(const Thing& thing) noexcept {
    counts_[Kinds::index_of(thing)].fetch_add(1, std::memory_order_relaxed);
  }
  std::uint64_t with(std::size_t kind) const noexcept { return counts_[kind].load(std::memory_order_relaxed); }

private:
  std::array<std::atomic<std::uint64_t>, Kinds::names.size()> counts_{};
};

/// How an attempt ended, by the first digit of its status.
struct answer_kinds {
  static constexpr std::array<const char*, 6> names{"none", "1xx", "2xx", "3xx", "4xx", "5xx"};
  static std::size_t index_of(int status) noexcept { return static_cast<std::size_t>(std::clamp(status / 100, 0, 5)); }
};

/// Why a unit of work failed.
struct store_error_kinds {
  static constexpr std::array<const char*, 5> names{"store_failed", "queue_taken", "not_a_queue", "other_destination",
                                                    "other"};
  static std::size_t index_of(errc code) noexcept {
    switch (code) {
    case errc::store_failed:
      return 0;
    case errc::queue_taken:
      return 1;
    case errc::not_a_queue:
      return 2;
    case errc::other_destination:
      return 3;
    default:
      return 4;
    }
  }
};

/// The actors that are restarted.
enum class restarted_actor : std::uint8_t { persister, dispatcher, retry, dead_letters, http };
struct restarted_actors {
  static constexpr std::array<const char*, 5> names{"persister_actor", "dispatcher_actor", "retry_scheduler",
                                                    "dead_letter_actor", "server_actor"};
  static std::size_t index_of(restarted_actor who) noexcept { return static_cast<std::size_t>(who); }
};

/// What is counted for metrics and the status alone, as long as the system lives: for each batch or less often, never
/// for an event.
struct meters {
  /// Of the events of this process: from when the oldest event of their batch came in until they are known to be
  /// stored, or delivered.
  duration_histogram accepted_to_stored, accepted_to_delivered;
  /// Of the attempts to deliver a batch.
  duration_histogram delivery_duration;
  kind_counts<answer_kinds> deliveries;
  kind_counts<store_error_kinds> store_errors;
  kind_counts<restarted_actors> restarts;
  /// When the next probe goes out; none while deliveries flow.
  known_moment next_probe;
};

} // namespace sluice
