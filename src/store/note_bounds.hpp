#pragma once

#include <cstddef>

#include "sluice/store.hpp"

namespace sluice {

/// The most bytes of a note's name and of its text, and the most notes of a queue.
inline constexpr std::size_t max_note_name = 200, max_note_text = std::size_t{128} << 10, max_notes = 10'000;

/// Checks a note that is to be put into a queue. Errors: `too_large`.
result<void> check_note(const queue_note&);

/// The error of one that comes to `max_notes` others.
error too_many_notes();

} // namespace sluice
