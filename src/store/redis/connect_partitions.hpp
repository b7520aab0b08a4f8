#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "store/redis/connection.hpp"

namespace sluice {

/// Whether the partitions of a queue may be on several nodes.
inline bool is_cluster(const redis_options& where) {
  return !where.cluster.nodes.empty();
}

using redis_connection_ptr = std::shared_ptr<redis_connection>;

/// Returns the connection for a partition of a queue, not yet connected. `absent`: what several know of the nodes of a
/// cluster together; may be null.
redis_connection_ptr connect_partition(const redis_options& where, const options&, std::size_t partition = 0,
                                       const std::shared_ptr<redis_absent_servers>& absent = {});

/// Returns a connection for each partition of a queue, of which the first one is given: it is that of all others, too,
/// but in a cluster.
std::vector<redis_connection_ptr> connect_partitions(redis_connection_ptr first, const redis_options& where,
                                                     const options&, std::size_t partitions,
                                                     const std::shared_ptr<redis_absent_servers>& absent = {});

} // namespace sluice
