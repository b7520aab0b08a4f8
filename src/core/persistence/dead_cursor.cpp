#include "core/persistence/dead_cursor.hpp"

#include <charconv>

#include "core/wire/batch_id.hpp"

namespace sluice {

std::string cursor_of(const dead_letter& d) {
  return std::to_string(d.died.time_since_epoch().count()) + "/" + d.id;
}

result<dead_cursor> parse_dead_cursor(const std::string& text) {
  if (text.empty())
    return dead_cursor{};
  std::int64_t ms = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, why] = std::from_chars(text.data(), end, ms);
  if (why == std::errc{} && ms >= 0 && rest != end && *rest == '/' && is_batch_id({rest + 1, end}))
    return dead_cursor{store_time{std::chrono::milliseconds{ms}}, std::string{rest + 1, end}};
  return error{errc::unknown_batch, "after", "must be a cursor as the listing gives it: TIME/ID"};
}

} // namespace sluice
