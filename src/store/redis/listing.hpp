#pragma once

#include <optional>
#include <vector>

#include "sluice/store.hpp"
#include "store/redis/reply.hpp"

namespace sluice {

/// Returns what `stats.lua` says of a queue; nothing if there is no queue.
std::optional<store_stats> read_stats(redis_value answer);

/// Returns the dead letters of `list_dead.lua` or `show_dead.lua`, without payloads.
std::vector<dead_letter> read_dead_letters(redis_value answer);

} // namespace sluice
