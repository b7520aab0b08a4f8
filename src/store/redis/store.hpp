#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "store/admin_of_partitions.hpp"
#include "store/redis/partition.hpp"

namespace sluice {

/// A queue in Redis, of one process or shared by many, or one that this process only enqueues into. Its partitions
/// share a connection, and their units of work go over it together; in a cluster, where each may be on another node,
/// each has its own.
class redis_store : public store {
public:
  /// Connects when it is first used. `fingerprint` says where its batches go.
  redis_store(const redis_options& where, const options&, const std::string& fingerprint);

  work_result apply(const unit_of_work& work) override;
  std::vector<work_result> apply_all(const std::vector<unit_of_work>& units) override;
  void leave() override;
  void end_by(std::chrono::steady_clock::time_point) noexcept override;
  bool durable() const noexcept override { return true; }
  bool shared() const noexcept override { return settings_.queue.is_multi_processor; }
  /// A second; a shared queue's processes spread themselves a little.
  std::chrono::milliseconds poll_interval() override;

  result<store_stats> stats() override;
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
  result<std::vector<queue_note>> notes(const std::string& prefix) override;
  result<bool> put_note(const queue_note&, const std::string& was) override;
  result<void> set_paused(bool) override;

private:
  /// A unit of work that is under way, or only the partition that it would be about.
  struct job;
  /// Those that go over the same connection.
  struct link;
  class time_limits;

  std::vector<work_result> apply_units(const std::vector<const unit_of_work*>&);
  std::vector<work_result> apply_whole(const std::vector<const unit_of_work*>&);
  void apply_jobs(std::deque<job>&);
  void try_once(std::vector<link>);
  void apply_together(std::vector<link>&);
  static void fetch_bodies(std::vector<link>&);
  /// Makes sure of the first partition; before another one is touched, it must have said how many there are.
  redis_owner::outcome ensure_first();
  void forget_absent() noexcept;
  static std::vector<link> links_of(std::deque<job>&);

  /// The bounds are those of a partition.
  const options settings_;
  /// To connect takes no longer, nor does a call of the persister.
  const milliseconds connect_limit_, call_limit_;
  /// Of a cluster.
  const std::shared_ptr<redis_absent_servers> absent_;
  const std::vector<std::unique_ptr<redis_partition>> partitions_;
  admin_of_partitions admin_;
  /// Whether the queue has as many partitions as this process takes it to have.
  bool is_known_ = false;
  std::minstd_rand random_{std::random_device{}()};
};

/// What operators do to a queue in Redis, in as many partitions as it says, when that is first used, that it was made
/// with.
class redis_admin : public queue_admin {
public:
  redis_admin(const redis_options& where, const options&);

  result<store_stats> stats() override {
    return with_partitions([](auto& p) { return p.stats(); });
  }
  result<std::vector<dead_letter>> list_dead(const std::string& after, std::size_t limit) override {
    return with_partitions([&](auto& p) { return p.list_dead(after, limit); });
  }
  result<dead_letter> show_dead(const std::string& id) override {
    return with_partitions([&](auto& p) { return p.show_dead(id); });
  }
  result<std::uint64_t> replay_dead(const std::vector<std::string>& ids) override {
    return with_partitions([&](auto& p) { return p.replay_dead(ids); });
  }
  result<std::uint64_t> purge_dead(const std::vector<std::string>& ids) override {
    return with_partitions([&](auto& p) { return p.purge_dead(ids); });
  }
  result<void> replace_dead(const std::string& id, const batch_ptr& by) override {
    return with_partitions([&](auto& p) { return p.replace_dead(id, by); });
  }
  result<queue_page> list_batches(const std::string& after, std::size_t limit) override {
    return with_partitions([&](auto& p) { return p.list_batches(after, limit); });
  }
  result<std::uint64_t> erase_events(const std::vector<erasure>& all) override {
    return with_partitions([&](auto& p) { return p.erase_events(all); });
  }
  result<void> scrub() override {
    return with_partitions([](auto& p) { return p.scrub(); });
  }
  result<std::vector<queue_note>> notes(const std::string& prefix) override {
    return with_partitions([&](auto& p) { return p.notes(prefix); });
  }
  result<bool> put_note(const queue_note& note, const std::string& was) override {
    return with_partitions([&](auto& p) { return p.put_note(note, was); });
  }
  result<void> set_paused(bool paused) override {
    return with_partitions([&](auto& p) { return p.set_paused(paused); });
  }

private:
  result<void> open();
  template <class F>
  auto with_partitions(F f) -> decltype(f(std::declval<admin_of_partitions&>())) {
    if (auto opened = open(); !opened)
      return opened.error();
    return f(*partitions_);
  }

  const redis_options where_;
  const options settings_;
  std::optional<admin_of_partitions> partitions_;
};

} // namespace sluice
