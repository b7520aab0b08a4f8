#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "fakes/forwarding_store.hpp"
#include "store/admin_of_partitions.hpp"

namespace sluice::test {

/// A queue whose partitions are stores of one.
class store_of_partitions : public forwarding_store {
public:
  explicit store_of_partitions(std::vector<std::shared_ptr<store>> partitions)
      : forwarding_store{partitions.at(0)}, partitions_{std::move(partitions)}, admin_{{partitions_.begin(),
                                                                                        partitions_.end()}} {}

  work_result apply(const unit_of_work& u) override { return partitions_.at(u.partition)->apply(u); }
  void leave() override {
    for (const auto& p : partitions_)
      p->leave();
  }
  result<store_stats> stats() override { return admin_.stats(); }
  result<std::vector<dead_letter>> list_dead(const std::string& after, std::size_t limit) override {
    return admin_.list_dead(after, limit);
  }
  result<dead_letter> show_dead(const std::string& id) override { return admin_.show_dead(id); }
  result<std::uint64_t> replay_dead(const std::vector<std::string>& ids) override { return admin_.replay_dead(ids); }
  result<std::uint64_t> purge_dead(const std::vector<std::string>& ids) override { return admin_.purge_dead(ids); }
  result<void> replace_dead(const std::string& id, const batch_ptr& by) override { return admin_.replace_dead(id, by); }
  result<queue_page> list_batches(const std::string& after, std::size_t limit) override {
    return admin_.list_batches(after, limit);
  }
  result<std::uint64_t> erase_events(const std::vector<erasure>& all) override { return admin_.erase_events(all); }
  result<void> scrub() override { return admin_.scrub(); }
  result<std::vector<queue_note>> notes(const std::string& prefix) override { return admin_.notes(prefix); }
  result<bool> put_note(const queue_note& note, const std::string& was) override { return admin_.put_note(note, was); }
  result<void> set_paused(bool paused) override { return admin_.set_paused(paused); }

private:
  const std::vector<std::shared_ptr<store>> partitions_;
  admin_of_partitions admin_;
};

} // namespace sluice::test
