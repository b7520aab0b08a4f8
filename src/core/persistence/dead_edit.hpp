#pragma once

#include <chrono>
#include <cstddef>

#include "core/event/edit_reader.hpp"
#include "core/event/uuid.hpp"
#include "sluice/store.hpp"

namespace sluice {

/// The most bytes of an edited event and of the batch, as the options of the same names. A letter that has more than
/// `max_batch_bytes`, because an earlier process has cut it, may keep as many.
struct dead_edit_bounds {
  std::size_t max_event_bytes = 0, max_batch_bytes = 0;
};

/// The inputs of an edit besides the dead letter and what is to become of its events.
struct dead_edit_context {
  dead_edit_bounds most{};
  std::chrono::system_clock::time_point now{};
  uuid_source& ids;
};

/// What an edit has made of a dead letter.
struct edited_dead {
  /// What is to take the place of the letter: see `queue_admin::replace_dead`.
  batch_ptr by{};
  std::size_t dropped = 0, edited = 0;
};

/// Drops and replaces events of a dead letter that has its payload. A new event is checked and encoded as the intake
/// does it; without a message id it takes that of the event whose place it takes. Errors name what is wrong of the
/// edit, as in `drop[1]`, `edit[0].index` and `edit[0].event.userId`, or `payload` if the letter is damaged.
result<edited_dead> edit_dead(const dead_letter&, const batch_edit&, const dead_edit_context&);

} // namespace sluice
