#pragma once

#include <memory>
#include <optional>
#include <string>

#include "fakes/shared_queue.hpp"
#include "fakes/unreliable_way.hpp"

namespace sluice::test {

/// What a process has of a `shared_queue`, as `redis_store` has it of Redis: it keeps the ownership, and notices when
/// the queue is as it was earlier.
class shared_store : public store {
public:
  /// `token`: another one for every process.
  shared_store(std::shared_ptr<shared_queue> queue, std::shared_ptr<unreliable_way> way, std::string token,
               const options& o, std::function<store_time()> clock);

  work_result apply(const unit_of_work&) override;
  void leave() override;
  bool durable() const noexcept override { return true; }
  bool shared() const noexcept override { return is_shared_; }
  milliseconds poll_interval() override { return milliseconds{1'000}; }

  result<store_stats> stats() override { return queue_->stats(); }
  result<std::vector<dead_letter>> list_dead(const std::string& after, std::size_t limit) override;
  result<dead_letter> show_dead(const std::string& id) override;
  result<std::uint64_t> replay_dead(const std::vector<std::string>& ids) override;
  result<std::uint64_t> purge_dead(const std::vector<std::string>& ids) override;
  result<void> replace_dead(const std::string& id, const batch_ptr& by) override;
  result<queue_page> list_batches(const std::string& after, std::size_t limit) override;
  result<std::uint64_t> erase_events(const std::vector<erasure>& all) override;
  result<void> scrub() override { return {}; }
  result<std::vector<queue_note>> notes(const std::string& prefix) override;
  result<bool> put_note(const queue_note&, const std::string& was) override;
  result<void> set_paused(bool paused) override;

private:
  /// The queue shows another owner, who may have ended.
  struct sighting {
    std::string whose;
    store_time expires{}, over{};
  };

  work_result attempt(const unit_of_work&);
  std::optional<store_error> ensure();
  store_error watch(const std::string& whose, milliseconds for_now);
  void reclaim_now_and_then();

  const std::shared_ptr<shared_queue> queue_;
  const std::shared_ptr<unreliable_way> way_;
  const std::string token_;
  const bool is_shared_;
  const std::function<store_time()> clock_;
  std::uint64_t session_ = 0;
  /// The number of the last unit of work that was sent, and of the last one that was answered.
  std::uint64_t units_ = 0, answered_ = 0;
  std::optional<sighting> watched_;
  store_time next_reclaim_{};
};

} // namespace sluice::test
