#pragma once

#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "actors/alarm.hpp"
#include "actors/context.hpp"
#include "sluice/actors.hpp"

namespace sluice {

/// The only user of the store. What arrives is gathered until the mailbox is empty and then applied as one unit of
/// work: group commit. A unit that fails is kept and tried again.
class persister_state {
public:
  static inline const char* name = "sluice.persister";
  using handle = compat::extended<persister_actor, void(tick), void(commit_gathered)>;
  using self_pointer = handle::stateful_pointer<persister_state>;

  void start(self_pointer self, context_ptr context);

  void meet(const peers&);
  void on_store(const store_batches&);
  void on_settle(const settle&);
  void on_pull(const pull&);
  void on_capacity(const set_capacity&);
  void on_promote();
  void on_finish();
  void on_tick(const tick&);
  void commit();

  caf::result<dead_page> list(const list_dead&);
  caf::result<dead_entry> show(const show_dead&);
  caf::result<dead_count> replay(const replay_dead&);
  caf::result<dead_count> purge(const purge_dead&);

private:
  void commit_soon();
  unit_of_work next_unit();
  unit_of_work unit_of_leased() const;
  std::vector<lease> leases_held() const;
  std::size_t leases_after(const unit_of_work&) const;
  void report(const unit_of_work&, const work_done&);
  void note_settled(const settlement&, settle_outcome, std::vector<batch_news>&, std::vector<lease>&);
  void note_retained(const retain&, const std::vector<lease>& over);
  void failed(const error&);

  self_pointer self_ = nullptr;
  context_ptr context_;
  peers peers_;
  /// Deliveries that the dispatcher takes at a time; none before its first pull.
  std::size_t capacity_ = 0;
  /// Given to the dispatcher and not settled.
  std::map<std::string, leased_batch> leases_;
  /// What dispatchers have said that they hold, until the next commit makes it true.
  std::map<std::string, leased_batch> pulled_;
  bool attached_ = false;
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

persister_actor spawn_persister(caf::actor_system&, context_ptr, const supervisor_actor& parent);

} // namespace sluice
