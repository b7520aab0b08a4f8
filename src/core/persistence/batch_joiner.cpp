#include "core/persistence/batch_joiner.hpp"

#define XXH_INLINE_ALL // a header is enough
#include <xxhash.h>

#include <algorithm>
#include <optional>
#include <string>

#include "core/persistence/batch_divider.hpp"
#include "core/wire/batch_id.hpp"
#include "core/wire/event_chunk.hpp"

namespace sluice {

namespace {

// The events of a batch with their separators; nothing if it is damaged.
std::optional<std::string> events_text(const batch& b) {
  const auto body = b.payload ? open_payload(*b.payload) : result<std::string>{error{}};
  const auto events = body ? events_of(*body) : body.error();
  if (!events || events->empty() || events->size() != b.events)
    return std::nullopt;
  return std::string{events->front().data(),
                     static_cast<std::size_t>(events->back().data() + events->back().size() - events->front().data())};
}

// What is put together depends on what else waits. So the id depends on the content, too.
std::string id_of_joined(const std::string& first, std::string_view text, std::size_t partition) {
  constexpr std::size_t digits = 8;
  std::string hash(digits, '0');
  auto rest = XXH3_64bits(text.data(), text.size());
  for (auto& c : hash) {
    c = "0123456789abcdef"[rest & 0xfU];
    rest >>= 4U;
  }
  return id_of_part(first + "-" + hash, partition);
}

bool is_any_between(const std::vector<std::int64_t>& others, std::int64_t from, std::int64_t to) {
  const auto first = std::lower_bound(others.begin(), others.end(), from);
  return first != others.end() && *first <= to;
}

} // namespace

std::vector<joined_batches> join(const std::vector<placed_batch>& in_order, const std::vector<std::int64_t>& others,
                                 std::size_t partition, const options& o, payload_sealer& sealer,
                                 std::chrono::system_clock::time_point now) {
  std::vector<joined_batches> all;
  joined_batches next;
  std::string text;
  const auto end_one = [&] {
    if (next.count > 1) {
      const auto& first = in_order[next.first].content;
      next.content.id = id_of_joined(first.id, text, partition);
      next.content.payload = sealer.seal(text, is_gzip(*first.payload), now);
      all.push_back(next);
    }
    next = {};
    text.clear();
  };
  for (std::size_t i = 0; i < in_order.size(); ++i) {
    const auto& b = in_order[i].content;
    const auto events = events_text(b);
    if (!events || !is_batch_id(id_of_joined(b.id, "", partition))) {
      end_one();
      continue;
    }
    const auto bytes = text.size() + event_separator.size() + events->size() + body_overhead;
    if (next.count > 0 && (next.content.events + b.events > o.max_batch_events || bytes > o.max_batch_bytes ||
                           is_any_between(others, in_order[i - 1].place, in_order[i].place)))
      end_one();
    if (next.count == 0)
      next.first = i;
    else
      text += event_separator;
    text += *events;
    next.content.events += b.events;
    ++next.count;
  }
  end_one();
  return all;
}

} // namespace sluice
