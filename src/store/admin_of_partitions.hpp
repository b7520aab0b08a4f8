#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sluice/store.hpp"

namespace sluice {

/// What operators see of a queue whose partitions are queues by themselves, and do to it: counts are sums, dead letters
/// are one list, and what is done is done to each partition that it concerns.
class admin_of_partitions : public queue_admin {
public:
  /// In their order; at least one.
  explicit admin_of_partitions(std::vector<std::shared_ptr<queue_admin>> partitions)
      : partitions_{std::move(partitions)} {}

  result<store_stats> stats() override;
  result<std::vector<dead_letter>> list_dead(const std::string& after, std::size_t limit) override;
  result<dead_letter> show_dead(const std::string& id) override;
  result<std::uint64_t> replay_dead(const std::vector<std::string>& ids) override {
    return change_dead(&queue_admin::replay_dead, ids);
  }
  result<std::uint64_t> purge_dead(const std::vector<std::string>& ids) override {
    return change_dead(&queue_admin::purge_dead, ids);
  }
  result<void> replace_dead(const std::string& id, const batch_ptr& by) override;
  result<queue_page> list_batches(const std::string& after, std::size_t limit) override;
  result<std::uint64_t> erase_events(const std::vector<erasure>&) override;
  result<void> scrub() override;
  result<std::vector<queue_note>> notes(const std::string& prefix) override;
  result<bool> put_note(const queue_note&, const std::string& was) override;
  /// Does it to as many as it can, also after an error, but not for long then.
  result<void> set_paused(bool) override;

private:
  using change = result<std::uint64_t> (queue_admin::*)(const std::vector<std::string>&);
  result<std::uint64_t> change_dead(change, const std::vector<std::string>& ids);

  const std::vector<std::shared_ptr<queue_admin>> partitions_;
};

} // namespace sluice
