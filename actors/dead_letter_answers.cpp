#include "actors/dead_letter_answers.hpp"

#include <algorithm>

#include "actors/guarded.hpp"
#include "core/wire/payload.hpp"

namespace sluice {

namespace {

// A page of dead letters, whatever the request says.
constexpr std::size_t max_page = 500;

dead_entry entry_of(const dead_letter& d) {
  return {.id = d.id,
          .events = d.events,
          .attempts = d.attempts,
          .status = d.why.status,
          .reason = d.why.reason,
          .died = d.died.time_since_epoch().count(),
          .message_ids = {}};
}

} // namespace

caf::result<dead_page> answer(store& queue, const list_dead& m) {
  const auto found = guarded([&] { return queue.list_dead(m.after, std::min<std::size_t>(m.limit, max_page)); });
  if (!found)
    return to_caf_error(found.error());
  dead_page page;
  for (const auto& d : *found)
    page.entries.push_back(entry_of(d));
  return page;
}

caf::result<dead_entry> answer(store& queue, const show_dead& m) {
  const auto found = guarded([&] { return queue.show_dead(m.id); });
  if (!found)
    return to_caf_error(found.error());
  auto ids = message_ids_of(*found->payload);
  if (!ids)
    return to_caf_error(ids.error());
  auto entry = entry_of(*found);
  entry.message_ids = std::move(*ids);
  return entry;
}

} // namespace sluice
