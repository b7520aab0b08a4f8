#pragma once

#include <cstddef>

namespace sluice {

/// Keeps a destination that refuses everything from burying everything: after `most` burials for one and the same
/// status, with no delivery in between, it permits no more until it is reset.
class burial_guard {
public:
  explicit burial_guard(std::size_t most) : most_{most} {}

  /// How many more it permits now, whatever their status.
  std::size_t room() const noexcept { return most_ - in_a_row_; }
  bool tripped() const noexcept { return room() == 0; }

  /// At most `room` of them without a delivery.
  void buried(int status) noexcept {
    in_a_row_ = status == status_ ? in_a_row_ + 1 : 1;
    status_ = status;
  }
  void delivered() noexcept {
    if (!tripped())
      in_a_row_ = 0;
  }
  /// Somebody says that it may go on.
  void reset() noexcept { in_a_row_ = 0; }

private:
  std::size_t most_;
  std::size_t in_a_row_ = 0;
  int status_ = 0;
};

} // namespace sluice
