#include "actors/dead_change.hpp"

#include <algorithm>

#include "core/persistence/dead_cursor.hpp"

namespace sluice {

namespace {

constexpr std::size_t batches_at_a_time = 500;

} // namespace

result<std::optional<std::uint64_t>> dead_change::next(queue_admin& queue) {
  if (all_)
    if (const auto found = find_page(queue); !found)
      return found.error();
  const auto end = ids_.begin() + static_cast<std::ptrdiff_t>(std::min(ids_.size(), batches_at_a_time));
  const std::vector<std::string> page{ids_.begin(), end};
  ids_.erase(ids_.begin(), end);
  if (!page.empty()) { // to the store, no ids are all
    const auto changed = (queue.*what_)(page);
    if (!changed)
      return changed.error();
    changed_ += *changed;
  }
  if (all_ ? page.size() == batches_at_a_time && listed_ < *dead_before_ : !ids_.empty())
    return std::optional<std::uint64_t>{};
  return std::optional{changed_};
}

// What dies from now on is not meant: a replay must not replay its own results.
result<void> dead_change::find_page(queue_admin& queue) {
  if (!dead_before_) {
    const auto before = queue.stats();
    if (!before)
      return before.error();
    dead_before_ = before->dead;
  }
  const auto page = queue.list_dead(after_, batches_at_a_time);
  if (!page)
    return page.error();
  for (const auto& d : *page) {
    listed_ += d.events;
    ids_.push_back(d.id);
  }
  if (!page->empty())
    after_ = cursor_of(page->back());
  return {};
}

} // namespace sluice
