#include "floor/handover.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <sys/eventfd.h>
#include <unistd.h>

namespace sluice::bench {

namespace {

constexpr std::size_t most_batches = 32;

} // namespace

handover::handover() : wakes_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {}

handover::~handover() {
  ::close(wakes_);
}

bool handover::push(floor_batch b, bool is_last) {
  std::unique_lock guard{mutex_};
  has_room_.wait(guard, [&] { return batches_.size() < most_batches || is_abandoned_; });
  batches_.push_back(std::move(b));
  has_last_ = is_last;
  if (std::exchange(sleeps_, false))
    ::eventfd_write(wakes_, 1);
  return !is_abandoned_;
}

void handover::abandon() {
  const std::lock_guard guard{mutex_};
  is_abandoned_ = true;
  has_room_.notify_one();
}

std::vector<floor_batch> handover::take(std::size_t most) {
  const std::lock_guard guard{mutex_};
  const auto end = batches_.begin() + static_cast<std::ptrdiff_t>(std::min(most, batches_.size()));
  std::vector<floor_batch> taken{std::make_move_iterator(batches_.begin()), std::make_move_iterator(end)};
  batches_.erase(batches_.begin(), end);
  if (batches_.size() <= most_batches / 2) // else the other thread would sleep again at once
    has_room_.notify_one();
  return taken;
}

bool handover::is_drained() {
  const std::lock_guard guard{mutex_};
  return has_last_ && batches_.empty();
}

bool handover::may_sleep() {
  const std::lock_guard guard{mutex_};
  return sleeps_ = batches_.empty();
}

void handover::awake() {
  const std::lock_guard guard{mutex_};
  eventfd_t count = 0;
  if (!std::exchange(sleeps_, false))
    ::eventfd_read(wakes_, &count);
}

} // namespace sluice::bench
