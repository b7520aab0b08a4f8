#include "store/redis/connect_partitions.hpp"

#include <utility>

namespace sluice {

redis_connection_ptr connect_partition(const redis_options& where, const options& o, std::size_t partition,
                                       const std::shared_ptr<redis_absent_servers>& absent) {
  return std::make_shared<redis_connection>(where, redis_keys{o.queue, partition}.ctl(), o.log, absent);
}

std::vector<redis_connection_ptr> connect_partitions(redis_connection_ptr first, const redis_options& where,
                                                     const options& o, std::size_t partitions,
                                                     const std::shared_ptr<redis_absent_servers>& absent) {
  std::vector<redis_connection_ptr> all{std::move(first)};
  while (all.size() < partitions)
    all.push_back(is_cluster(where) ? connect_partition(where, o, all.size(), absent) : all.front());
  return all;
}

} // namespace sluice
