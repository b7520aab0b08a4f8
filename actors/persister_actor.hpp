#pragma once

#include <optional>
#include <random>
#include <string>
#include <vector>

#include "actors/alarm.hpp"
#include "actors/context.hpp"
#include "actors/handles.hpp"
#include "actors/leases.hpp"
#include "core/persistence/burial_guard.hpp"

namespace sluice {

/// The only user of the store. What arrives is gathered until the mailbox is empty and then applied as one unit of
/// work: group commit. A unit that fails is kept and tried again.
class persister_state {
public:
  static inline const char* name = "sluice.persister";
  using handle = compat::extended<persister_actor, void(tick), void(commit_gathered)>;
  using self_pointer = handle::stateful_pointer<persister_state>;

  static constexpr bool blocks = true;

  void start(self_pointer self, context_ptr context);
  handle::behavior_type behavior();

  void meet(const peers&);
  void on_store(const store_batches&);
  void on_settle(const settle&);
  void on_pull(const pull&);
  void on_capacity(const set_capacity&);
  void on_promote();
  void on_paused(const set_paused&);
  void on_redirected(const redirected&);
  void on_finish();
  void on_tick(const tick&);
  void commit();

  void commit_soon();
  store& queue() const { return *context_->queue; }
  std::size_t max_batch_bytes() const { return context_->settings.max_batch_bytes; }

private:
  bool is_attached() const;
  void note_burials(const unit_of_work&, const work_done&);
  void amend_queue();
  void look_for_pause();
  void resumed();
  void report_pause(const std::string& reason);
  unit_of_work next_unit();
  unit_of_work unit_of_leased() const;
  /// Whether the store had no room for something.
  bool report(const unit_of_work&, const work_done&);
  void failed(const error&);

  self_pointer self_ = nullptr;
  context_ptr context_;
  peers peers_;
  /// Deliveries that the dispatcher takes at a time; none before its first pull.
  std::size_t capacity_ = 0;
  leases leases_;
  /// The buffer has sent what it holds unconfirmed. Until then nothing is claimed: a batch that was stored without its
  /// knowing would be delivered, and then stored again.
  bool buffer_has_spoken_ = false;
  /// The dispatcher that pulled last.
  caf::actor_addr puller_;
  std::optional<burial_guard> guard_;
  /// As far as is known.
  bool queue_paused_ = false;
  bool looked_ = false;
  /// What the queue is to be told, until it has been.
  std::optional<bool> pause_due_;
  std::optional<std::string> redirect_due_;
  unit_of_work gathered_;
  bool heartbeat_due_ = false;
  /// The next unit of work stores again what is leased, and does nothing else.
  bool store_again_ = false;
  std::optional<store_time> next_due_;
  bool commit_under_way_ = false;
  /// Units of work that failed in a row; while there are any, only the alarm starts another.
  int failures_ = 0;
  bool outcome_unknown_ = false;
  alarm retry_;
  /// Looks for what other processes did to the queue.
  alarm poll_{1};
  /// Extends the leases in a shared queue.
  alarm heartbeat_{2};
  std::minstd_rand random_;
};

} // namespace sluice
