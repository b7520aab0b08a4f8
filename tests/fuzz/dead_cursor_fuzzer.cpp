// Cursors of dead letters: one that is read is written as the same place.
#include <string>

#include "core/persistence/dead_cursor.hpp"
#include "core/wire/batch_id.hpp"
#include "fuzz/input.hpp"
#include "fuzz/require.hpp"

using namespace sluice;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text{text_of(data, size)};
  const auto place = parse_dead_cursor(text);
  if (!place) {
    require(place.error().code == errc::unknown_batch, "what is no cursor is an unknown batch");
    return 0;
  }
  require(text.empty() == place->id.empty(), "only no text is the place before all");
  if (text.empty())
    return 0;
  require(is_batch_id(place->id) && place->died.time_since_epoch().count() >= 0, "a cursor has an id and a time");
  const auto again = parse_dead_cursor(cursor_of({.id = place->id, .died = place->died}));
  require(again && again->id == place->id && again->died == place->died, "a cursor is read again as it is");
  return 0;
}
