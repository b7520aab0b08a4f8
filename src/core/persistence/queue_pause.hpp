#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/persistence/burial_guard.hpp"
#include "sluice/store.hpp"

namespace sluice {

/// Whether the queue is paused: what the store said last, what this process wants it to be, and the burial guard, which
/// pauses it.
class queue_pause {
public:
  /// `most_burials`: as of `burial_guard`.
  explicit queue_pause(std::size_t most_burials) : most_burials_{most_burials}, guard_{most_burials} {}

  /// An operator ends the pause.
  void resume() noexcept { wanted_ = false; }

  /// What the next unit of work must make of the queue; empty: nothing.
  std::optional<bool> wanted() const noexcept { return wanted_; }
  /// False from the last burial that the guard permits until the pause that it asks for has ended.
  bool may_claim() const noexcept { return !guard_.tripped(); }
  /// Turns burials that the guard does not permit into releases.
  void limit(std::vector<settlement>& all) const { guard_.limit(all); }

  /// Takes note of a unit of work that has been applied. If the queue is paused from now on, or is not any more,
  /// returns the reason or an empty text.
  std::optional<std::string> applied(const unit_of_work&, const work_done&);
  /// Returns whether an operator has resumed the queue since the unit of work before, paused or not.
  bool note_resume(const work_done&);

private:
  std::optional<std::string> trip(const failure_note& last);

  std::size_t most_burials_;
  burial_guard guard_;
  bool paused_ = false;
  std::optional<bool> wanted_;
  /// As the store said last; empty before it has said anything.
  std::optional<std::optional<store_time>> resumed_;
};

} // namespace sluice
