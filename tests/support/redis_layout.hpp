#pragma once

#include <string>

#include "support/redis_server.hpp"

namespace sluice::test {

/// The name that begins every key of the default queue.
inline const std::string queue_name = "{hightouch:hightouchEventsQueue}";

/// Checks that every batch of the default queue is in one state, with a body and a record, and that nothing is there
/// that the layout does not name. One moment of it, also while processes work on it.
void check_layout(const redis_server&);

} // namespace sluice::test
