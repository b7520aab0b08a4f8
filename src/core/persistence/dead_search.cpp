#include "core/persistence/dead_search.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "core/persistence/dead_cursor.hpp"

namespace sluice {

namespace {

// What one page looks at. A payload takes a look of its own, and time to open.
constexpr std::size_t letters_of_page = 500;
constexpr std::size_t payloads_of_page = 50;

} // namespace

dead_search::dead_search(dead_filter filter) : dead_search{std::move(filter), place{}} {}

dead_search::dead_search(dead_filter filter, place from) : filter_{std::move(filter)}, place_{std::move(from)} {
  std::set<std::string_view> seen;
  std::vector<std::string> once;
  for (const auto& id : filter_.ids)
    if (seen.insert(id).second)
      once.push_back(id);
  filter_.ids = std::move(once);
}

result<std::vector<dead_letter>> dead_search::next(queue_admin& queue, store_time now, const bounds& most) {
  if (!filter_.ids.empty())
    return next_of_ids(queue, now, most);
  if (!place_.dead_before) {
    const auto before = queue.stats();
    if (!before)
      return before.error();
    place_.dead_before = before->dead;
  }
  const auto page_size = filter_.asks_for_events() ? payloads_of_page : letters_of_page;
  auto page = queue.list_dead(place_.after, page_size);
  if (!page)
    return page.error();
  std::vector<dead_letter> found;
  std::uint64_t events = 0;
  for (auto& d : *page) {
    // Batches that are buried from now on come last. They are left out: a replay must not replay its own results.
    is_over_ = place_.seen >= *place_.dead_before || d.died > place_.until;
    if (is_over_ || found.size() == most.letters || events >= most.events)
      return found;
    const auto selected = selects(queue, d, now);
    if (!selected)
      return selected.error();
    place_.after = cursor_of(d);
    ++place_.looked_at;
    place_.seen += std::max<std::uint64_t>(d.events, 1);
    if (!*selected)
      continue;
    events += d.events;
    found.push_back(std::move(d));
  }
  is_over_ = page->size() < page_size;
  return found;
}

result<std::vector<dead_letter>> dead_search::next_of_ids(queue_admin& queue, store_time now, const bounds& most) {
  std::vector<dead_letter> found;
  std::uint64_t events = 0;
  for (std::size_t looked = 0; place_.next_id < filter_.ids.size(); ++looked) {
    if (looked == payloads_of_page || found.size() == most.letters || events >= most.events)
      return found;
    auto letter = queue.show_dead(filter_.ids[place_.next_id]);
    if (!letter && letter.error().code != errc::unknown_batch)
      return letter.error();
    ++place_.next_id;
    if (!letter)
      continue;
    ++place_.looked_at;
    if (!filter_.matches(*letter, now) || !filter_.matches_events(*letter->payload))
      continue;
    events += letter->events;
    found.push_back(std::move(*letter));
  }
  is_over_ = true;
  return found;
}

result<bool> dead_search::selects(queue_admin& queue, dead_letter& d, store_time now) const {
  if (!filter_.matches(d, now))
    return false;
  if (!filter_.asks_for_events())
    return true;
  auto letter = queue.show_dead(d.id);
  if (!letter && letter.error().code == errc::unknown_batch) // replayed or purged meanwhile
    return false;
  if (!letter)
    return letter.error();
  d.payload = std::move(letter->payload);
  return filter_.matches_events(*d.payload);
}

result<void> each_dead(queue_admin& queue, const dead_filter& filter, std::string after,
                       const std::function<bool(const dead_letter&)>& visit) {
  dead_search search{filter, {.after = std::move(after)}};
  while (!search.is_over()) {
    const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    const auto found = search.next(queue, now, {.letters = letters_of_page});
    if (!found)
      return found.error();
    for (const auto& d : *found)
      if (!visit(d))
        return {};
  }
  return {};
}

} // namespace sluice
