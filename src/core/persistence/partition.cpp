#include "core/persistence/partition.hpp"

#define XXH_INLINE_ALL // a header is enough
#include <xxhash.h>

#include <charconv>
#include <utility>

namespace sluice {

std::size_t partition_of(std::string_view id, std::size_t partitions) noexcept {
  std::uint64_t number = 0;
  if (const auto hyphen = id.rfind('-'); hyphen != std::string_view::npos)
    std::from_chars(id.data() + hyphen + 1, id.data() + id.size(), number);
  return number % partitions;
}

std::uint8_t partition_of_user(std::string_view user, std::size_t partitions) noexcept {
  if (partitions == 1) // nobody asks whose event it is
    return 0;
  return static_cast<std::uint8_t>(XXH3_64bits(user.data(), user.size()) % partitions);
}

options share_of_partition(options o) {
  for (auto* bound :
       {&o.queue.max_backlog_events, &o.queue.max_backlog_bytes, &o.dead_letters.max_events, &o.dead_letters.max_bytes})
    *bound /= o.queue.partitions;
  return o;
}

} // namespace sluice
