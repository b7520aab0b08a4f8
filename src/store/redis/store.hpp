#pragma once

#include <chrono>
#include <memory>
#include <random>
#include <string>

#include "store/redis/owner.hpp"
#include "store/redis/queue.hpp"
#include "store/redis/unit.hpp"

namespace sluice {

/// A queue in Redis, of one process or shared by many, or one that this process only enqueues into. A unit of work is
/// one pipeline of the scripts in `src/store/redis/lua/`, each of which is atomic and may be run again. Payloads are
/// sent and fetched beside the scripts, never through them.
class redis_store : public store {
public:
  /// Connects when it is first used. `fingerprint` says where its batches go.
  redis_store(const redis_options& where, const options&, std::string fingerprint);

  work_result apply(const unit_of_work&) override;
  void leave() override;
  void end_by(std::chrono::steady_clock::time_point t) noexcept override { connection_->end_by(t); }
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
  result<void> set_paused(bool paused) override { return admin_.set_paused(paused); }

private:
  work_result apply_whole(const unit_of_work&);
  bool mended(redis_trouble);
  result<void> reclaim_now_and_then();
  result<work_done> complete(redis_unit&, std::size_t slots, work_done);
  result<void> claim_again(redis_unit&, std::size_t slots, work_done&);
  result<redis_reply> settle_all(redis_unit&, std::string_view how, const std::vector<lease>&);
  result<std::vector<leased_batch>> fetch_bodies(work_done&);
  result<void> bury_bodiless(redis_unit&, const std::vector<leased_batch>&);

  const options settings_;
  /// To connect takes no longer, nor does a call of the persister.
  const milliseconds connect_limit_, call_limit_;
  const redis_keys keys_;
  const std::shared_ptr<redis_connection> connection_;
  redis_owner owner_;
  redis_queue admin_;
  std::chrono::steady_clock::time_point next_reclaim_{};
  std::string incarnation_;
  /// The number of the last unit of work that was sent, and of the last one that was answered.
  std::uint64_t units_ = 0, answered_ = 0;
  std::minstd_rand random_{std::random_device{}()};
};

} // namespace sluice
