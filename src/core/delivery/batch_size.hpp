#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "core/delivery/outcome.hpp"

namespace sluice {

/// Decides how many events a batch may have. A batch that the destination calls too large (413) halves the limit; every
/// eight full batches that are delivered raise it by an eighth.
class batch_size {
public:
  explicit batch_size(std::size_t most) : most_{most}, limit_{most} {}

  std::size_t limit() const noexcept { return limit_; }

  /// Notes what an attempt to deliver this many events came to.
  void note(const classification& found, std::uint32_t events) noexcept {
    if (found.what == outcome::delivered)
      delivered(events);
    else if (found.what == outcome::splittable && found.why.status == 413)
      too_large(events);
  }

private:
  void too_large(std::uint32_t events) noexcept {
    limit_ = std::clamp<std::size_t>(events / 2, 1, limit_);
    full_ones_ = 0;
  }

  void delivered(std::uint32_t events) noexcept {
    if (limit_ == most_ || events < limit_ || ++full_ones_ < 8)
      return;
    full_ones_ = 0;
    limit_ = std::min(most_, limit_ + std::max<std::size_t>(limit_ / 8, 1));
  }

  std::size_t most_;
  std::size_t limit_;
  int full_ones_ = 0;
};

} // namespace sluice
