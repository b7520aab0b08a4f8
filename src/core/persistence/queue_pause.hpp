#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/persistence/burial_guard.hpp"
#include "sluice/store.hpp"

namespace sluice {

/// Whether the queue is paused: what the store said last, what this process wants it to be, and the burial guard, which
/// pauses it. Each partition is paused and resumed by itself; the queue is paused while any of them is.
class queue_pause {
public:
  /// `most_burials`: as of `burial_guard`.
  explicit queue_pause(std::size_t most_burials, std::size_t partitions = 1)
      : most_burials_{most_burials}, guard_{most_burials}, partitions_(partitions) {}

  /// An operator ends the pause.
  void resume() noexcept { want(false); }

  /// What the next unit of work must make of a partition; empty: nothing.
  std::optional<bool> wanted(std::size_t partition) const { return partitions_.at(partition).wanted; }
  /// False from the last burial that the guard permits until the pause that it asks for has ended.
  bool may_claim() const noexcept { return !guard_.tripped(); }
  /// Turns burials that the guard does not permit into releases.
  void limit(std::vector<unit_of_work>& all) const { guard_.limit(all); }

  /// Takes note of a unit of work that has been applied. If the queue is paused from now on, or is not any more,
  /// returns the reason or an empty text.
  std::optional<std::string> applied(const unit_of_work&, const work_done&);
  /// Returns whether an operator has resumed the queue since the unit of work before, paused or not. What this process
  /// wanted to pause, and has not yet, stays as it is. To be called before `applied`.
  bool note_resume(const unit_of_work&, const work_done&);

private:
  struct one {
    bool paused = false;
    std::optional<bool> wanted{};
    /// As the store said last; empty before it has said anything.
    std::optional<std::optional<store_time>> resumed{};
  };

  void want(bool paused) noexcept;
  std::optional<std::string> trip(const failure_note& last);

  std::size_t most_burials_;
  burial_guard guard_;
  std::vector<one> partitions_;
  bool paused_ = false;
};

} // namespace sluice
