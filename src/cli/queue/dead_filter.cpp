#include "cli/queue/dead_filter.hpp"

#include <algorithm>

#include "core/persistence/dead_cursor.hpp"

namespace sluice {

namespace {

constexpr std::size_t page_size = 500;

// Returns the duration of `90s`, `15m`, `2h` or `5d`, which `is_age` has checked.
std::chrono::seconds seconds_of(const std::string& age) {
  const std::chrono::seconds n{std::stoll(age)};
  switch (age.back()) {
  case 'm':
    return n * 60;
  case 'h':
    return n * 3'600;
  case 'd':
    return n * 86'400;
  default:
    return n;
  }
}

const CLI::Validator is_age{[](std::string& age) -> std::string {
                              const auto digits = age.find_first_not_of("0123456789");
                              const bool whole = digits != 0 && digits <= 6 && digits + 1 == age.size() &&
                                                 std::string{"smhd"}.find(age.back()) != std::string::npos;
                              return whole ? "" : "must be an age like 90s, 15m, 2h or 5d";
                            },
                            "AGE"};

} // namespace

void dead_filter::add_to(CLI::App& command) {
  command.add_option("--status", status, "Only those with this last HTTP status; 0: no response")
      ->check(CLI::Range(0, 999));
  command.add_option("--reason", reason, "Only those whose reason contains this text");
  command.add_option("--older-than", older_than, "Only those buried longer ago than this: 90s, 15m, 2h or 5d")
      ->check(is_age);
  command.add_option("--younger-than", younger_than, "Only those buried within this time")->check(is_age);
}

bool dead_filter::empty() const {
  return ids.empty() && status < 0 && reason.empty() && older_than.empty() && younger_than.empty();
}

bool dead_filter::matches(const dead_letter& d) const {
  const auto age = std::chrono::system_clock::now() - d.died;
  return (ids.empty() || std::find(ids.begin(), ids.end(), d.id) != ids.end()) &&
         (status < 0 || d.why.status == status) && d.why.reason.find(reason) != std::string::npos &&
         (older_than.empty() || age >= seconds_of(older_than)) &&
         (younger_than.empty() || age < seconds_of(younger_than));
}

result<void> each_dead(queue_admin& queue, const dead_filter& filter, std::string after,
                       const std::function<bool(const dead_letter&)>& visit) {
  const auto before = queue.stats();
  if (!before)
    return before.error();
  // Stops at batches buried from now on: a replay must not replay its own results.
  for (std::uint64_t seen = 0; seen < before->dead;) {
    const auto page = queue.list_dead(after, page_size);
    if (!page)
      return page.error();
    for (const auto& d : *page) {
      seen += d.events;
      if (filter.matches(d) && !visit(d))
        return {};
    }
    if (page->size() < page_size)
      return {};
    after = cursor_of(page->back());
  }
  return {};
}

} // namespace sluice
