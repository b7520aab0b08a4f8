#include "store/redis/safety.hpp"

#include "core/printable.hpp"

namespace sluice {

bool wants_safety(const redis_options& o) noexcept {
  return o.ack == redis_ack::fsync || o.wait_replicas > 0;
}

void add_wait(redis_connection& to, const redis_options& o) {
  // Less than the deadline of the connection.
  const auto replicas = std::to_string(o.wait_replicas), deadline = std::to_string(o.command.count() / 2);
  if (o.ack == redis_ack::fsync)
    to.add({"WAITAOF", "1", replicas, deadline});
  else
    to.add({"WAIT", replicas, deadline});
}

result<void> read_wait(redis_value answer, const redis_options& o) {
  if (answer.is_error())
    return error{errc::store_failed, o.ack == redis_ack::fsync ? "redis.ack" : "redis.wait_replicas",
                 "Redis says: " + printable(answer.text(), "") + " (fsync needs Redis 7.2 with appendonly)"};
  const bool synced = o.ack == redis_ack::memory || (answer.size() == 2 && answer[0].integer() >= 1);
  const auto replicas = o.ack == redis_ack::memory ? answer.integer() : answer.size() == 2 ? answer[1].integer() : 0;
  if (!synced)
    return error{errc::store_failed, "redis.ack", "Redis has not synced what was stored to its disk"};
  if (replicas >= o.wait_replicas)
    return {};
  return error{errc::store_failed, "redis.wait_replicas",
               "only " + std::to_string(replicas.value_or(0)) + " replicas have what was stored"};
}

} // namespace sluice
