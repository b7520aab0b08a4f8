#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/error.hpp"

namespace sluice {

/// An event that takes the place of another one of its batch.
struct event_edit {
  std::size_t index = 0; ///< The place of the event in its batch, from 0.
  std::string event{};   ///< The new one, as unchecked JSON text: `event_reader` reads it.
};

/// What is to become of the events of a batch.
struct batch_edit {
  std::vector<std::size_t> drop{}; ///< The places of those that go, from 0.
  std::vector<event_edit> edit{};
};

/// Reads `{"drop":[1,4],"edit":[{"index":2,"event":{…}}]}`, of which either may be missing. Errors: `too_large`,
/// `invalid_json`, `invalid_utf8` and `wrong_kind`, with the path of the member, as in `edit[0].index`.
result<batch_edit> read_batch_edit(std::string_view json_text, std::size_t max_bytes);

/// Reads one `{"index":2,"event":{…}}`. Errors: as above.
result<event_edit> read_event_edit(std::string_view json_text, std::size_t max_bytes);

} // namespace sluice
