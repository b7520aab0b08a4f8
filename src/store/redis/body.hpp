#pragma once

#include "sluice/batch.hpp"
#include "store/redis/connection.hpp"

namespace sluice {

/// Gathers a command that sets the payload of a batch, unless it is there. It is to be part of a transaction with the
/// script that accepts the batch; a payload that no script accepts is gone after ten minutes.
inline void add_body(redis_connection& to, const redis_keys& keys, const batch& b) {
  to.add({"SET", keys.body(b.id), *b.payload, "NX", "PX", "600000"});
}

} // namespace sluice
