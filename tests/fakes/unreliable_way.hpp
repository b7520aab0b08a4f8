#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <stdexcept>

#include "simulation/chance.hpp"
#include "sluice/store.hpp"

namespace sluice::test {

/// How the ways to a store are; shared by all of them.
struct store_faults {
  /// Of a hundred units of work: those that fail before they are applied, after, and by an exception.
  unsigned before = 0, after = 0, throws = 0;
  /// Those that arrive late, and those whose answer does.
  unsigned late = 0;
};

/// The way of one process to its store, which fails as it is told.
class unreliable_way {
public:
  /// `wait`: others go on for so long, and this process waits.
  unreliable_way(const store_faults& faults, chance& c, std::size_t partitions,
                 std::function<void(std::chrono::milliseconds)> wait)
      : faults_{faults}, chance_{c}, partitions_{partitions}, wait_{std::move(wait)} {}

  /// The process has crashed, and nothing that it still does happens.
  void cut() noexcept { is_cut_ = true; }
  bool is_cut() const noexcept { return is_cut_; }

  /// When every partition has answered to a search last. It outlives the store, which ends with its persister.
  std::optional<store_time> looked_at() const {
    std::optional<store_time> first;
    for (const auto& [partition, t] : looked_at_)
      first = std::min(first.value_or(t), t);
    return looked_at_.size() == partitions_ ? first : std::nullopt;
  }
  void note_look(std::size_t partition, store_time t) { looked_at_[partition] = t; }

  /// Applies a unit of work at the other end.
  template <class F>
  work_result carry(F apply) {
    if (is_cut_ || chance_.percent(faults_.before))
      return error{errc::store_failed, "", "away"};
    if (chance_.percent(faults_.throws))
      throw std::runtime_error("on fire");
    maybe_wait();
    work_result done = apply();
    maybe_wait();
    if (chance_.percent(faults_.after))
      return error{errc::store_failed, "", "no answer"};
    return done;
  }

private:
  // The units of all partitions are late as often as one unit would be.
  void maybe_wait() {
    if (chance_.percent(faults_.late) && chance_.below(partitions_) == 0)
      wait_(std::chrono::milliseconds{chance_.one_of({1, 20, 300, 5'000})});
  }

  const store_faults& faults_;
  chance& chance_;
  const std::size_t partitions_;
  std::function<void(std::chrono::milliseconds)> wait_;
  bool is_cut_ = false;
  std::map<std::size_t, store_time> looked_at_;
};

} // namespace sluice::test
