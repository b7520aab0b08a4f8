#pragma once

#include <chrono>
#include <deque>
#include <optional>
#include <random>
#include <utility>

#include "actors/alarm.hpp"
#include "actors/context.hpp"
#include "actors/dead_change.hpp"
#include "actors/handles.hpp"
#include "core/persistence/partitioned_commit.hpp"

namespace sluice {

/// The only user of the store, and the shell of `partitioned_commit`: gathers what arrives until the mailbox is
/// empty, applies it as a unit of work for each partition, and tells the others what follows.
class persister_state {
public:
  static inline const char* name = "sluice.persister";
  using handle = compat::extended<persister_actor, void(tick), void(commit_gathered), void(change_some)>;
  using self_pointer = handle::stateful_pointer<persister_state>;

  static constexpr bool blocks = true;

  void start(self_pointer self, context_ptr context);
  handle::behavior_type behavior();

private:
  void meet(const peers&);
  void on_store(const store_batches&);
  void on_settle(const settle&);
  void on_look_for(const look_for&);
  void on_pull(const pull&);
  void on_capacity(const set_capacity&);
  void on_health(const health_changed&);
  void on_paused(const set_paused&);
  void on_redirected(const redirected&);
  using change_promise = caf::typed_response_promise<dead_count>;
  change_promise on_change(dead_change);
  void on_change_some();
  void on_use_queue(const use_queue&);
  void on_finish();
  void on_news_handled(const news_handled&);
  void on_tick(const tick&);
  void commit();

  void commit_soon();
  void look_at_all();
  void look_at_block_list();
  std::vector<work_result> apply(const std::vector<unit_of_work>&) const;
  store& queue() const { return *context_->queue; }

  void note_attachment();
  void perform(effects);
  void set_heartbeat();
  double unit_random();

  self_pointer self_ = nullptr;
  context_ptr context_;
  peers peers_;
  /// The dispatcher that pulled last.
  caf::actor_addr puller_;
  std::optional<partitioned_commit> commit_;
  bool commit_under_way_ = false;
  /// News that the supervisor has not handled yet.
  std::size_t news_under_way_ = 0;
  /// Replays and purges that are not over.
  std::deque<std::pair<dead_change, change_promise>> changes_;
  /// When it is looked at next who is kept out.
  std::chrono::steady_clock::time_point block_list_due_{};
  alarm retry_;
  /// Looks for what other processes did to the queue.
  alarm poll_{1};
  /// Extends the known leases; the store takes back those that are not extended.
  alarm heartbeat_{2};
  std::minstd_rand random_;
};

} // namespace sluice
