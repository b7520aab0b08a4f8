#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "core/persistence/dead_filter.hpp"

namespace sluice {

/// Looks for the dead letters that a filter selects, the oldest first, a page at a time, so that whoever looks can do
/// something else in between. It keeps its place by cursor: the letters that it has found may be gone when it goes on.
class dead_search {
public:
  /// Where a search stands, so that another one can go on from there.
  struct place {
    /// The cursor that it looks behind; empty: it begins.
    std::string after{};
    /// Of the ids of the filter, the one to look at next.
    std::size_t next_id = 0;
    /// How many dead letters have been looked at.
    std::uint64_t looked_at = 0;
    /// In events: what has been looked at, and how many were dead at the beginning.
    std::uint64_t seen = 0;
    std::optional<std::uint64_t> dead_before{};
    /// Letters that have died later are not looked at.
    store_time until = store_time::max();
  };

  /// A filter with ids looks at these alone, in their order.
  explicit dead_search(dead_filter);
  dead_search(dead_filter, place from);

  /// Where a page ends, once one of the two has been found.
  struct bounds {
    std::size_t letters = 1;
    std::uint64_t events = std::numeric_limits<std::uint64_t>::max();
  };

  /// Looks at the next page, and returns what it has found there, with payloads if the filter looks at events. Errors:
  /// those of the queue, and `unknown_batch` for what is no cursor.
  result<std::vector<dead_letter>> next(queue_admin&, store_time now, const bounds& most);

  /// Whether there is nothing more to look at.
  bool is_over() const noexcept { return is_over_; }
  const place& where() const noexcept { return place_; }
  const dead_filter& filter() const noexcept { return filter_; }

private:
  result<std::vector<dead_letter>> next_of_ids(queue_admin&, store_time now, const bounds& most);
  /// Returns whether a letter is selected; reads its payload if it must.
  result<bool> selects(queue_admin&, dead_letter&, store_time now) const;

  dead_filter filter_;
  place place_;
  bool is_over_ = false;
};

/// Calls `visit` with each dead letter that matches, after the cursor `after`, until `visit` returns false. Reads one
/// page of the queue at a time.
result<void> each_dead(queue_admin&, const dead_filter&, std::string after,
                       const std::function<bool(const dead_letter&)>& visit);

} // namespace sluice
