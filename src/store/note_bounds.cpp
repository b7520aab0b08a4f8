#include "store/note_bounds.hpp"

#include <string>

namespace sluice {

result<void> check_note(const queue_note& note) {
  if (note.name.empty() || note.name.size() > max_note_name)
    return error{errc::too_large, "name",
                 "must have 1 to " + std::to_string(max_note_name) + " bytes, not " + std::to_string(note.name.size())};
  if (note.text.size() > max_note_text)
    return error{errc::too_large, "text",
                 "must have at most " + std::to_string(max_note_text) + " bytes, not " +
                     std::to_string(note.text.size())};
  return {};
}

error too_many_notes() {
  return {errc::backlog_full, "", "the queue has " + std::to_string(max_notes) + " notes, and takes no more"};
}

} // namespace sluice
