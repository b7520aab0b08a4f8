#include "core/intake/totals.hpp"

#include <utility>

namespace sluice {

void totals::count_stored(std::uint64_t events) {
  std::lock_guard guard{mutex_};
  counts_.stored += events;
  counts_.in_store += events;
}

void totals::count_ended(std::uint64_t delivered, std::uint64_t dead) {
  std::lock_guard guard{mutex_};
  counts_.delivered += delivered;
  counts_.dead += dead;
  wait_no_more(delivered + dead);
}

void totals::count_ended_elsewhere(std::uint64_t events) {
  std::lock_guard guard{mutex_};
  counts_.ended_elsewhere += events;
  wait_no_more(events);
}

void totals::count_lost(std::uint64_t events) {
  std::lock_guard guard{mutex_};
  counts_.lost += events;
  wait_no_more(events);
}

void totals::wait_no_more(std::uint64_t events) {
  counts_.waiting -= events;
  counts_.in_store -= events;
}

void totals::count_recovered(std::uint64_t delivered, std::uint64_t dead) {
  std::lock_guard guard{mutex_};
  counts_.delivered += delivered;
  counts_.dead += dead;
  counts_.recovered += delivered + dead;
}

void totals::count_retrying(std::int64_t change) {
  std::lock_guard guard{mutex_};
  counts_.retrying += static_cast<std::uint64_t>(change);
}

void totals::count_failed_attempt() {
  std::lock_guard guard{mutex_};
  ++counts_.failed_attempts;
}

void totals::note_failure(std::string reason) {
  std::lock_guard guard{mutex_};
  last_failure_ = std::move(reason);
}

void totals::count_stale(std::uint64_t batches) {
  std::lock_guard guard{mutex_};
  counts_.stale += batches;
}

counts totals::snapshot() const {
  std::lock_guard guard{mutex_};
  return counts_;
}

std::string totals::last_failure() const {
  std::lock_guard guard{mutex_};
  return last_failure_;
}

} // namespace sluice
