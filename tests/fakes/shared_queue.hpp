#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sluice/options.hpp"
#include "sluice/store.hpp"

namespace sluice::test {

/// Everything that Redis keeps of a queue. It is a value: a replica is a copy of it.
struct queue_state {
  enum class where : std::uint8_t { ready, in_flight, retry, dead };
  struct entry {
    batch_ptr content;
    where is = where::ready;
    /// The order of acceptance; the halves of a split share a number and follow one another by id.
    std::pair<std::int64_t, std::string> place;
    std::uint64_t fence = 0;
    int attempts = 0;
    int crashes = 0;
    bool has_died = false;
    /// The token of the process that has the lease.
    std::string owner{};
    store_time enqueued{};
    /// When the lease ends, the retry is due, or the batch died.
    store_time at{};
    failure_note why{};
  };
  struct process {
    std::string incarnation;
    store_time heard{};
    /// 0: none; the process was silent for too long, or has left.
    std::uint64_t session = 0;
    /// The number of its last unit of work that was applied.
    std::uint64_t last_unit = 0;
    /// What the process may not have heard of yet, each with the first unit of work that told it.
    std::vector<std::pair<std::uint64_t, store_burial>> buried;
  };

  std::map<std::string, entry> batches;
  std::map<std::string, process> processes;
  /// Of a queue with one owner: its token, and until when it is believed to live.
  std::string owner;
  store_time owner_until{};
  /// The sessions that have begun, and the token of the last.
  std::uint64_t sessions = 0;
  std::string last;
  /// First ends by incarnation, those of batches of other processes by id, and the message ids of the events that have
  /// come to one.
  std::map<std::string, ended_events> ended;
  std::map<std::string, std::uint32_t> ended_elsewhere;
  std::set<std::string> ended_ids;
  std::uint64_t stored = 0, delivered = 0, purged = 0;
  std::int64_t next_place = 1;
  bool paused = false;
  /// Since when the process that is drawn has not asked for what waits.
  std::optional<store_time> unasked;
};

/// A queue in Redis, as its scripts change it: many processes work on it, each through a `shared_store`. It does what
/// Redis can do to us as well: it goes back to what a replica had, is emptied, and is out of memory. The clock is the
/// queue's own.
class shared_queue {
public:
  /// `number`: of the partition that it is, if it is one.
  shared_queue(const options&, std::function<store_time()> clock, std::size_t number = 0);

  /// A session begins. Without one in `acquired` another process has the queue, or has had it since.
  struct acquired {
    std::optional<std::uint64_t> session{};
    /// Who has it, and for how long if nothing is heard of that process; empty: another one has had it since.
    std::string taken_by{};
    milliseconds for_now{0};
  };
  acquired acquire(const std::string& token, std::uint64_t last_session);
  bool may_work(const std::string& token, std::uint64_t session) const;
  /// Takes back the leases that nobody can settle any more. The session must be one that may work, here and below.
  void reclaim(const std::string& token);
  /// `number`: of the unit; numbers rise. `answered`: that of the last one whose answer the process has.
  work_done apply(const std::string& token, std::uint64_t number, std::uint64_t answered, const unit_of_work&);
  void leave(const std::string& token);
  /// The number of the last unit of work of this process that the queue knows of.
  std::uint64_t last_unit_of(const std::string& token) const;

  store_stats stats() const;
  /// As `queue_admin` says, but with payloads.
  std::vector<dead_letter> list_dead(const std::string& after, std::size_t limit);
  std::uint64_t replay_dead(const std::vector<std::string>& ids);
  std::uint64_t purge_dead(const std::vector<std::string>& ids);
  void set_paused(bool paused) { now_.paused = paused; }

  // -- what Redis can do to us ----------------------------------------------------------------------------------------

  /// For what there is memory.
  enum class room : std::uint8_t { for_all, for_restores, for_nothing };
  room has_room = room::for_all;

  /// A replica stops to follow after so many units of work, and takes over when it lacks the next `lacks` ones.
  void fail_over(std::uint64_t follows, std::uint64_t lacks) { failover_ = failover{follows, lacks}; }
  void empty() { go_back({}); }
  /// Nothing more of the kind happens.
  void settle_down();
  /// Processes are told that the queue is as it was earlier, though it is not.
  void raise_false_alarm();
  /// A unit of work is about to be applied: the replica follows, or takes over.
  void replicate();

  // -- what a test may know -------------------------------------------------------------------------------------------

  /// The message ids of the events that the queue knew, in it or as ended, and does not know any more. Asked once.
  std::set<std::string> take_forgotten() { return std::exchange(forgotten_, {}); }
  /// The message ids of the events that wait, and of those that are dead letters or were once.
  std::set<std::string> waiting_ids() const;
  const std::set<std::string>& ever_dead_ids() const noexcept { return ever_dead_ids_; }
  /// The events whose end was counted twice: by the queue, because it had gone back in between, or by it and by a
  /// process whose acknowledgement came after that of another one.
  const std::set<std::string>& ended_twice_ids() const noexcept { return ended_twice_ids_; }
  /// How often a process took what another one had left, and how many batches were forgotten.
  std::uint64_t takeovers() const noexcept { return takeovers_; }
  std::uint64_t batches_forgotten() const noexcept { return batches_forgotten_; }
  bool has_gone_back() const noexcept { return has_gone_back_; }

private:
  using entry = queue_state::entry;
  using where = queue_state::where;
  struct failover {
    std::uint64_t follows = 0, lacks = 0;
    std::optional<queue_state> replica{};
  };

  void go_back(queue_state earlier);
  void settle(const std::string& token, const std::vector<settlement>&, work_done&);
  settle_outcome settle_one(const std::string& token, const settlement&, work_done&);
  settle_outcome settle_lease(const std::string& token, entry&, const settlement&, work_done&);
  settle_outcome bury_entry(const std::string& token, entry&, const failure_note&, work_done&);
  settle_outcome split_entry(const entry&, const split&);
  bool make_room_for_dead(const entry&, work_done&);
  void take_back_all_but(const std::string& token, const std::vector<lease>&);
  void extend_leases(const std::vector<lease>&);
  void promote();
  void enqueue(const unit_of_work&, work_done&);
  bool is_drawn(const std::string& token) const;
  bool is_callers(const std::string& token);
  void claim(const std::string& token, const unit_of_work&, work_done&);
  presence find_parts(const std::string& root) const;

  entry* find(const std::string& id);
  bool has(const std::string& id) const;
  void put(batch_ptr, std::int64_t place, store_time enqueued, bool has_died);
  static void move(entry&, where, store_time at = {});
  void end(const std::string& token, entry&, bool delivered);
  void note_late_ack(const std::string& token, const std::string& id);
  void purge(const entry&);
  std::vector<entry*> dead_among(const std::vector<std::string>& ids);
  /// In their order.
  std::vector<entry*> all(where);

  const queue_options limits_;
  const dead_letter_options dead_limits_;
  const std::function<store_time()> clock_;
  const std::string number_;
  queue_state now_;
  std::optional<failover> failover_;
  std::set<std::string> forgotten_;
  std::set<std::string> ever_dead_ids_, ever_ended_ids_, ended_twice_ids_;
  /// For each batch that has ended: the token of the process that ended it, and its message ids.
  std::map<std::string, std::pair<std::string, std::vector<std::string>>> ended_by_;
  std::uint64_t takeovers_ = 0, batches_forgotten_ = 0;
  bool has_gone_back_ = false;
};

} // namespace sluice::test
