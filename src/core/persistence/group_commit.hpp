#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/persistence/batch_news.hpp"
#include "core/persistence/leases.hpp"
#include "core/persistence/queue_pause.hpp"
#include "sluice/options.hpp"
#include "sluice/store.hpp"

namespace sluice {

/// What the next unit of work must repair first.
enum class recovery : std::uint8_t {
  none,      ///< The last outcome is known.
  reconcile, ///< Unknown: the next unit begins with `retain`, so that leases of an unknown outcome go back.
  restore    ///< The store forgot: what it should have is restored in a unit of its own; then reconcile.
};

/// Batches of this process that are looked for in the store.
struct look_for {
  /// Comes back with the answer.
  std::uint64_t number = 0;
  std::vector<std::string> ids{};
  /// As in `unit_of_work`.
  std::uint64_t first_open = 0;
};

/// What the store has of them.
struct looked_for {
  std::uint64_t number = 0;
  std::vector<presence> found{};
  /// In each partition.
  std::vector<ended_events> ended{};
};

/// What follows from a unit of work. Empty members mean that there is nothing to do.
struct effects {
  /// For the buffer and the supervisor.
  std::vector<batch_news> news{};
  /// For the dispatcher: the leases of these are over, and these batches are to be delivered.
  std::vector<lease> over{};
  std::vector<leased_batch> granted{};
  /// For the retry scheduler: when the next retry is due has changed, to this.
  std::optional<std::optional<store_time>> next_due{};
  /// Settlements that came too late.
  std::size_t stale = 0;
  /// For the buffer: the store is as it was earlier.
  bool went_back = false;
  /// For the buffer: events were erased.
  bool erased = false;
  /// For the buffer: what it asked for.
  std::optional<sluice::looked_for> found{};
  /// For the supervisor: the queue is paused for this reason, or is not any more (an empty text).
  std::optional<std::string> pause{};
  /// For the dispatcher: an operator wants deliveries to go on at once.
  bool resumed = false;
  /// For the supervisor: the queue is not ours any more.
  std::optional<error> lost{};
  std::vector<std::pair<log_level, std::string>> log{};
  /// How long to wait before the next unit of work, zero: not at all; empty: until something arrives.
  std::optional<milliseconds> again{};
};

/// Gathers what has arrived for a partition into units of work, repairs what a failed one has left open, and says what
/// follows from one that was applied. It has no clock, no randomness and no I/O.
class group_commit {
public:
  /// What one unit of work stores at most, but for a single batch that is larger.
  static constexpr std::size_t max_enqueues = 64, max_enqueued_bytes = std::size_t{8} << 20;
  /// How long to wait after the first unit of work that failed, and at most. Also after one that found no room.
  static constexpr milliseconds first_pause{50}, last_pause{1'000};

  /// `is_shared`: other processes may deliver from the queue at the same time. `incarnation` and `partition`: as in
  /// `unit_of_work`. `pause`: the one of all partitions.
  group_commit(const options&, bool is_shared, std::string incarnation, std::shared_ptr<queue_pause> pause,
               std::size_t partition = 0);

  /// Whether a partition has one lease at a time, so that its batches arrive in their order.
  static bool is_in_order(const options&, bool is_shared);

  /// The buffer has sent what is not confirmed yet. No lease is asked for before: a batch that an earlier unit stored
  /// without the buffer's knowing would be delivered, and then enqueued again.
  void store(const std::vector<batch_ptr>&);
  void settle(const std::vector<settlement>&);
  /// A dispatcher takes up to `capacity` deliveries, and has these leases and no others.
  void pull(std::size_t capacity, const std::vector<leased_batch>& leased);
  void set_capacity(std::size_t capacity) noexcept { capacity_ = capacity; }
  /// Whether the dispatcher of now is the one that pulled last. No lease is asked for on behalf of another one.
  void set_attached(bool attached) noexcept { is_attached_ = attached; }
  bool is_attached() const noexcept { return is_attached_; }
  /// All leases begin anew with the next unit of work.
  void extend_leases() noexcept { extends_ = true; }
  /// The buffer looks for batches; what it looked for before is of no interest any more.
  void look(look_for what) { look_for_ = std::move(what); }
  /// What waits goes to another destination, with this fingerprint.
  void redirect(std::string fingerprint) { fingerprint_ = std::move(fingerprint); }
  /// The queue is to show how deliveries go.
  void note_health(delivery_health h) { health_ = std::move(h); }

  /// What is to be applied now, with as many slots as are free as far as this partition knows. `now`: the caller's
  /// clock.
  unit_of_work next(store_time now) const;
  /// How many leases are left when that unit has been applied, before its claims. And how many when everything that has
  /// arrived by now has been applied.
  std::size_t leased_after(const unit_of_work& unit) const { return leases_.count_after(unit.settlements); }
  std::size_t leased() const { return leases_.count_after(settlements_); }
  /// Whether it may be given a lease now.
  bool has_room() const { return may_claim() && leased() < capacity_; }
  /// That unit has been applied.
  effects applied(const unit_of_work&, const work_done&);
  /// That unit has failed. `unit_random`, in [0, 1], spreads processes that lost the same store.
  effects failed(const store_error&, double unit_random);

  /// Units of work fail; the next one must wait for as long as `effects::again` said.
  bool is_failing() const noexcept { return failures_ > 0; }
  /// When the next retry is due, as far as is known.
  std::optional<store_time> next_due() const noexcept { return next_due_; }
  /// Batches that are not stored yet.
  std::size_t waiting() const noexcept { return enqueues_.size(); }
  /// Settlements that are not applied yet.
  std::size_t settlements() const noexcept { return settlements_.size(); }

private:
  bool may_claim() const noexcept;
  unit_of_work unit_to_restore(store_time now) const;
  std::size_t free_slots(const unit_of_work&) const;
  effects restored(const unit_of_work&, const work_done&);
  void note_unstored(const unit_of_work&, const std::vector<batch_news>&);
  void lend_refused(const unit_of_work&, const work_done&, effects&);
  std::size_t may_lend() const;
  bool note_enqueues(const unit_of_work&, const work_done&, effects&);
  void note_burials(const unit_of_work&, const work_done&, effects&) const;
  static void note_own_burials(const work_done&, effects&);

  const bool in_order_;
  const bool only_enqueues_;
  const std::size_t max_in_flight_;
  const std::string incarnation_;
  const std::size_t partition_;
  recovery recovery_ = recovery::none;
  leases leases_;
  const std::shared_ptr<queue_pause> pause_;
  /// What has gathered for the next unit of work.
  std::vector<settlement> settlements_;
  std::vector<batch_ptr> enqueues_;
  /// Those of them that were delivered from memory without success: how often, and until when they wait.
  struct unstored {
    int attempts = 0;
    store_time until = store_time::max();
  };
  std::map<std::string, unstored> unstored_;
  /// What the store has forgotten though it was settled just now.
  std::vector<batch_ptr> forgotten_;
  std::optional<look_for> look_for_;
  std::optional<std::string> fingerprint_;
  std::optional<delivery_health> health_;
  bool extends_ = false;
  /// Batches that the dispatcher may have leased.
  std::size_t capacity_ = 0;
  bool is_attached_ = false;
  bool buffer_has_spoken_ = false;
  std::optional<store_time> next_due_;
  /// As the store said last.
  std::uint64_t erased_events_ = 0;
  /// Units of work that failed in a row.
  int failures_ = 0;
};

} // namespace sluice
