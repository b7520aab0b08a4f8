#pragma once

#include <cstddef>
#include <vector>

#include "sluice/store.hpp"

namespace sluice {

/// Keeps a destination that refuses everything from burying everything: after `most` burials for one and the same
/// status, with no delivery in between, it permits no more until it is reset. What died of its age does not count.
class burial_guard {
public:
  explicit burial_guard(std::size_t most) : most_{most} {}

  bool tripped() const noexcept { return in_a_row_ >= most_; }

  /// Burials that are not permitted become releases: the batch goes back to its place. As if all were of one status and
  /// nothing were delivered, which can only delay them.
  void limit(std::vector<unit_of_work>&) const;
  /// What a settlement came to.
  void note(const settlement&, settle_outcome) noexcept;
  /// The pause has ended.
  void reset() noexcept { in_a_row_ = 0; }

private:
  std::size_t most_;
  std::size_t in_a_row_ = 0;
  int status_ = 0;
};

} // namespace sluice
