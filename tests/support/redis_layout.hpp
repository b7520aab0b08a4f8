#pragma once

#include <string>

#include "support/redis_server.hpp"

namespace sluice::test {

/// The name that begins every key of the default queue, which has one partition.
inline const std::string queue_name = "{hightouch:hightouchEventsQueue}";

/// The same of a partition of it: `queue_name` is that of partition 0.
std::string partition_name(std::size_t partition);

/// Checks that every batch of the default queue, in whichever of its partitions are in this server, is in one state,
/// with a body and a record, and that nothing is there that the layout does not name. One moment of each partition,
/// also while processes work on it.
void check_layout(const redis_server&);

} // namespace sluice::test
