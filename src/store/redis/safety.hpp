#pragma once

#include "store/redis/connection.hpp"

namespace sluice {

/// Whether `redis.ack` or `redis.wait_replicas` ask for more than that Redis has what is stored in its memory.
bool wants_safety(const redis_options&) noexcept;

/// Gathers a command that waits until they are met, for all that was sent before it.
void add_wait(redis_connection&, const redis_options&);

/// Reads the answer to that. Errors: they are not met in time.
result<void> read_wait(redis_value answer, const redis_options&);

} // namespace sluice
