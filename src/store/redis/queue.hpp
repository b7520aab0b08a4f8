#pragma once

#include <memory>
#include <string>

#include "sluice/store.hpp"
#include "store/redis/connection.hpp"

namespace sluice {

class redis_owner;

/// What operators do to a partition of a queue in Redis, beside the processes that process it. A partition behind the
/// first may be still to be made; then it is empty.
class redis_queue : public queue_admin {
public:
  /// `owner`: of the process that does so by itself; it gives a sign of life with every page of what takes long.
  redis_queue(std::shared_ptr<redis_connection>, const queue_options&, std::size_t partition = 0,
              const redis_owner* owner = nullptr);

  result<store_stats> stats() override;
  result<std::vector<dead_letter>> list_dead(const std::string& after, std::size_t limit) override;
  result<dead_letter> show_dead(const std::string& id) override;
  result<std::uint64_t> replay_dead(const std::vector<std::string>& ids) override;
  result<std::uint64_t> purge_dead(const std::vector<std::string>& ids) override;
  result<void> replace_dead(const std::string& id, const batch_ptr& by) override;
  result<queue_page> list_batches(const std::string& after, std::size_t limit) override;
  result<std::uint64_t> erase_events(const std::vector<erasure>&) override;
  result<void> scrub() override;
  result<std::vector<queue_note>> notes(const std::string& prefix) override;
  result<bool> put_note(const queue_note&, const std::string& was) override;
  result<void> set_paused(bool) override;

private:
  result<std::uint64_t> change_dead(redis_script, const std::vector<std::string>& ids);

  const std::shared_ptr<redis_connection> connection_;
  const std::size_t partition_;
  const redis_owner* const owner_;
  const redis_keys keys_;
  const std::string ttl_;
};

/// Returns in how many partitions the queue was made. Errors: `not_a_queue`, if there is none of this name; those of
/// the connection.
result<std::size_t> count_redis_partitions(redis_connection&, const queue_options&);

} // namespace sluice
