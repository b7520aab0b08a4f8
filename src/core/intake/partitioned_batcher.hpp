#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "core/intake/batcher.hpp"

namespace sluice {

/// Cuts batches for the partitions of a queue. With `ordering = per_user` each partition has the events of its users.
/// Else a batch goes to the partition that has the fewest on their way to the store, so that one that takes nothing
/// holds up no other.
class partitioned_batcher {
public:
  explicit partitioned_batcher(const options&);

  /// As of `batcher`.
  void add(event_chunk&& events, steady_time since);
  void limit_events(std::size_t most) noexcept;
  void flush();

  /// The next batch, if one is due. `unstored`: the batches of each partition that are on their way to the store.
  std::optional<cut> next(steady_time now, const std::vector<std::size_t>& unstored);

  /// When the passing of time makes a batch due; empty if nothing waits, or if it must wait for the store.
  std::optional<steady_time> deadline(const std::vector<std::size_t>& unstored) const;

private:
  bool is_divided() const noexcept { return batchers_.size() > 1; }
  std::size_t room(std::size_t unstored) const noexcept { return window_ - std::min(window_, unstored); }
  std::size_t room(const std::vector<std::size_t>& unstored) const noexcept;
  std::optional<cut> next_of_all(steady_time now, const std::vector<std::size_t>& unstored);

  /// Batches on their way to a partition at most.
  const std::size_t window_;
  /// One, or one for each partition.
  std::vector<batcher> batchers_;
  /// The partition that comes first.
  std::size_t turn_ = 0;
};

} // namespace sluice
