#pragma once

#include <cstdint>
#include <vector>

#include "sluice/store.hpp"

namespace sluice {

/// Which batches are to be looked for in the store, and what it does not have of them. The store is asked page by page;
/// what is missing is known when the last page has been answered.
class store_search {
public:
  struct missing_part {
    std::uint64_t sequence = 0;
    std::uint32_t events = 0;
    /// How many of them the store has as dead letters.
    std::uint32_t dead = 0;
  };

  /// Asks for a search that begins from now on, and looks for batches up to this one. Returns its number.
  std::uint64_t begin(std::uint64_t last);
  /// What has been answered so far is worth nothing: looks for all again.
  void begin_again(std::uint64_t last);
  bool is_under_way() const noexcept { return under_way_; }
  bool is_over(std::uint64_t number) const noexcept { return finished_ >= number; }

  /// The first batch that was not asked for yet, and the last one to ask for.
  std::uint64_t next() const noexcept { return next_; }
  std::uint64_t last() const noexcept { return last_; }

  /// The store has answered for the batches up to this one.
  void answered_up_to(std::uint64_t sequence) noexcept { next_ = sequence + 1; }
  /// It does not have these events, or `dead` of them are dead there.
  void missing(std::uint64_t sequence, std::uint32_t events, std::uint32_t dead);

  /// Ends the search. Returns what was missing, the oldest first; another search that was asked for begins, and looks
  /// for batches up to `last`.
  std::vector<missing_part> finish(std::uint64_t last);

private:
  void start(std::uint64_t last);

  bool under_way_ = false;
  bool asked_again_ = false;
  std::uint64_t next_ = 1, last_ = 0;
  std::uint64_t finished_ = 0;
  std::vector<missing_part> missing_;
};

} // namespace sluice
