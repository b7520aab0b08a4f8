#include "cli/queue/dead_filter.hpp"

#include <algorithm>

#include "cli/duration_option.hpp"
#include "core/persistence/dead_cursor.hpp"

namespace sluice {

namespace {

constexpr std::size_t page_size = 500;

} // namespace

void dead_filter::add_to(CLI::App& command) {
  command.add_option("--status", status, "Only those with this last HTTP status; 0: no response")
      ->check(CLI::Range(0, 999));
  command.add_option("--reason", reason, "Only those whose reason contains this text");
  constexpr duration_range any_age{milliseconds{1}, milliseconds{std::int64_t{3'650} * 86'400'000}};
  add_duration_option(command, "--older-than", older_than, plain_unit::none, "Only those buried longer ago than this",
                      any_age);
  add_duration_option(command, "--younger-than", younger_than, plain_unit::none, "Only those buried within this time",
                      any_age);
}

bool dead_filter::empty() const {
  return ids.empty() && status < 0 && reason.empty() && older_than.count() == 0 && younger_than.count() == 0;
}

bool dead_filter::matches(const dead_letter& d) const {
  // Moments are compared, because a store may hold some whose age would overflow.
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  return (ids.empty() || std::find(ids.begin(), ids.end(), d.id) != ids.end()) &&
         (status < 0 || d.why.status == status) && d.why.reason.find(reason) != std::string::npos &&
         (older_than.count() == 0 || d.died <= now - older_than) &&
         (younger_than.count() == 0 || d.died > now - younger_than);
}

result<void> each_dead(queue_admin& queue, const dead_filter& filter, std::string after,
                       const std::function<bool(const dead_letter&)>& visit) {
  const auto before = queue.stats();
  if (!before)
    return before.error();
  // Batches that are buried from now on come last. They are left out: a replay must not replay its own results.
  for (std::uint64_t seen = 0;;) {
    const auto page = queue.list_dead(after, page_size);
    if (!page)
      return page.error();
    for (const auto& d : *page) {
      if (seen >= before->dead || (filter.matches(d) && !visit(d)))
        return {};
      seen += std::max<std::uint64_t>(d.events, 1);
    }
    if (page->size() < page_size)
      return {};
    after = cursor_of(page->back());
  }
  return {};
}

} // namespace sluice
