#include "core/destination.hpp"

#include <algorithm>
#include <utility>

namespace sluice {

std::size_t destination::capacity(std::size_t most) const noexcept {
  if (!held_)
    return most;
  return probe_at_ ? 0 : std::min<std::size_t>(most, 1);
}

bool destination::fault(time now) {
  if (!probe_at_)
    probe_at_ = now + probe_;
  return !std::exchange(held_, true);
}

bool destination::answered() {
  probe_at_.reset();
  return std::exchange(held_, false);
}

void destination::tick(time now) {
  if (probe_at_ && *probe_at_ <= now)
    probe_at_.reset();
}

} // namespace sluice
