#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sluice/batch.hpp"
#include "sluice/error.hpp"
#include "sluice/export.hpp"

/// @file
/// Where batches wait. A batch is always in exactly one state:
///
///     ready ──claim──▶ in flight (lease) ──ack──▶ gone
///       ▲                 │ nack ▶ retry (due) ──promote──▶ ready
///       └──── release ────┘ bury ▶ dead ──replay──▶ ready
///
/// Its place in `ready` is the order of acceptance, whatever happened to it in between.
namespace sluice {

/// Milliseconds of the store's clock.
using store_time = std::chrono::time_point<std::chrono::system_clock, std::chrono::milliseconds>;

/// The right to settle a batch. The fence rises with every lease of a batch: a holder of an earlier one
/// can change nothing any more.
struct lease {
  std::string id{};        ///< The id of the batch.
  std::uint64_t fence = 0; ///< Rises with every lease, from 1. A settlement with 0 changes nothing in a store.

  friend bool operator==(const lease&, const lease&) = default;
};

/// Why an attempt failed; what a dead letter shows.
struct failure_note {
  /// The HTTP status, 0 if no response came.
  int status = 0;
  /// Printable, at most 256 bytes, no secrets.
  std::string reason{};
};

/// Delivered: the batch goes.
struct ack {
  sluice::lease lease{}; ///< The batch, and the right to change it.
};
/// Failed for now: to `retry`, due after `delay`; one attempt more.
struct nack {
  sluice::lease lease{};              ///< The batch, and the right to change it.
  std::chrono::milliseconds delay{0}; ///< How long until it is due.
  failure_note why{};                 ///< Why it failed.
};
/// As `nack`, but no attempt is counted: the destination was known to be unavailable, so the batch is not to blame.
struct defer {
  sluice::lease lease{};              ///< The batch, and the right to change it.
  std::chrono::milliseconds delay{0}; ///< How long until it is due.
  failure_note why{};                 ///< Why it failed.
};
/// Failed for good: to `dead`; one attempt more.
struct bury {
  sluice::lease lease{}; ///< The batch, and the right to change it.
  failure_note why{};    ///< Why it failed.
  /// It was too old: says nothing about what the destination takes. Stores need not look at it.
  bool expired = false;
};
/// Not tried: back to its place in `ready`, nothing counted.
struct release {
  sluice::lease lease{}; ///< The batch, and the right to change it.
};
/// Two batches take the place of one, ready. They hold its events in its order.
struct split {
  sluice::lease lease{}; ///< The batch, and the right to change it.
  batch_ptr first{};     ///< The first half.
  batch_ptr second{};    ///< The second half.
};
/// Every lease of this process that is not listed goes back to its place in `ready`, nothing counted.
struct retain {
  std::vector<lease> leases{}; ///< The leases to keep.
};
/// These deliveries are under way: their leases begin anew.
struct extend {
  std::vector<lease> leases{}; ///< The leases to extend.
};

/// One change of leased batches.
using settlement = std::variant<ack, nack, defer, bury, release, split, retain, extend>;

/// The lease that a settlement is about; null for `retain` and `extend`.
inline const lease* lease_of(const settlement& s) noexcept {
  return std::visit(
      [](const auto& x) -> const lease* {
        if constexpr (requires { x.lease.fence; })
          return &x.lease;
        else
          return nullptr;
      },
      s);
}

/// How the deliveries of a process go, in words, for those who look at the queue. No secrets.
struct delivery_health {
  std::string suspended{};    ///< Why they are suspended; empty if they are not.
  std::string last_failure{}; ///< Why the last attempt that failed has failed; empty if none has.

  friend bool operator==(const delivery_health&, const delivery_health&) = default;
};

/// Everything that has gathered for a partition since the last one; applied in one round trip, all or nothing. Every
/// part may be sent again when the outcome is unknown.
/// Order: the queue's fingerprint and pause, settlements, due retries become ready, enqueues, claims, `look_for`.
struct unit_of_work {
  /// The most batches to look for in one unit of work.
  static constexpr std::size_t max_look_for = 500;

  /// The caller's clock; a store with a clock of its own ignores it.
  store_time now{};
  /// The partition that all of it is about, from 0: a batch is in the one that `partition_of` says.
  std::size_t partition = 0;
  /// The process whose work this is: its batches have ids that begin with this and a hyphen.
  std::string incarnation{};
  /// The queue belongs to another destination from now on, with this fingerprint; empty: as before.
  std::optional<std::string> fingerprint{};
  /// Pauses the queue, or ends its pause; empty: as before.
  std::optional<bool> pause{};
  std::vector<settlement> settlements{}; ///< Changes of leased batches, in order.
  /// Idempotent by id; a batch of which a half is in the store is there as well.
  std::vector<batch_ptr> enqueues{};
  /// The enqueues were stored before, and a store that went back in time has forgotten them: no bound applies to them,
  /// and their place is before everything that is ready.
  bool restores = false;
  /// Leases to give at most: to the oldest ready batches. Those enqueued here are the last of them, so they never
  /// overtake the backlog, and are given without being read back.
  std::size_t slots = 0;
  /// One lease at most, and none while another batch is in flight or waits in `retry`: what comes after must not
  /// overtake it. Of the processes of a shared queue one at a time gets the leases of a partition; which one changes
  /// only when a process comes or goes, or has not asked for them for `queue.owner_ttl`.
  bool in_order = false;
  /// Batches of this process, as they were stored: what does the store have of them? At most `max_look_for`.
  std::vector<std::string> look_for{};
  /// Whether the answer has `ended`; so it has if `look_for` is not empty.
  bool wants_ended = false;
  /// The number of the first batch of this process that is open, as far as it knows, if it looks for any: what others
  /// have ended before may be forgotten. The number is the one that stands behind the hyphen in the id.
  std::uint64_t first_open = 0;
  /// How the deliveries of this process go; empty: as it said last.
  std::optional<delivery_health> health{};
};

/// What became of a settlement.
enum class settle_outcome : std::uint8_t {
  applied, ///< now, or before by the same lease: the answer got lost
  gone,    ///< the id is unknown: it was acknowledged or split before
  stale,   ///< the lease has been granted to another process or taken back: nothing changed
  no_room  ///< There is no room for dead letters or for halves: the batch is in retry for a minute instead.
};

/// What became of an enqueue.
enum class enqueue_outcome : std::uint8_t {
  stored,      ///< this, or an earlier one of the same id
  backlog_full ///< refused: the backlog is full; so is what comes behind, which must not overtake
};

/// A batch that this process may now deliver.
struct leased_batch {
  batch_ptr content{};     ///< The batch.
  std::uint64_t fence = 0; ///< The fence of the new lease.
  /// Failed attempts so far.
  int attempts = 0;
  /// How long it had been stored when the lease was granted, by the store's clock; not below zero. The halves of a
  /// split are as old as the whole.
  std::chrono::milliseconds age{0};
};

/// What the store has of a batch and of the batches that splits have made of it, in events.
struct presence {
  std::uint32_t waiting = 0; ///< Ready, in flight or waiting for a retry.
  std::uint32_t dead = 0;    ///< Dead letters.
  /// Delivered or buried by other processes, whatever became of them since; or erased while they waited.
  std::uint32_t elsewhere = 0;

  friend bool operator==(const presence&, const presence&) = default;
};

/// How many of its own events a process has brought to an end. An event counts once, at its first end: a dead letter
/// that is replayed and delivered stays dead.
struct ended_events {
  std::uint64_t delivered = 0; ///< Acknowledged.
  std::uint64_t dead = 0;      ///< Buried, also by the store itself in a unit of work of the process.

  friend bool operator==(const ended_events&, const ended_events&) = default;
};

/// A batch that the store buried by itself, because nothing could deliver it any more.
struct store_burial {
  std::string id{};         ///< The id of the batch.
  std::uint32_t events = 0; ///< The number of its events.
  failure_note why{};       ///< `body_missing`, or `poison`.
};

/// What a unit of work did: one outcome for each settlement and enqueue, in their order.
struct work_done {
  std::vector<settle_outcome> settled{};   ///< One for each settlement.
  std::vector<enqueue_outcome> enqueued{}; ///< One for each enqueue.
  std::vector<leased_batch> granted{};     ///< The leases granted.
  /// When the next retry falls due; empty if none waits.
  std::optional<store_time> next_due{};
  /// Events that a full dead-letter queue dropped to make room.
  std::uint64_t purged_events = 0;
  /// Events that were erased in this partition since the queue was made. When that rises, batches of this process may
  /// have come to an end that it hears of only if it looks for them.
  std::uint64_t erased_events = 0;
  /// Whether the queue is paused now.
  bool paused = false;
  /// When `queue_admin::set_paused(false)` was called last; empty if never, or if the queue was paused since. It tells
  /// one call from the next, and nothing more.
  std::optional<store_time> resumed{};
  /// Batches that the store has buried since the last unit of work of this process.
  std::vector<store_burial> buried{};
  /// One for each of `look_for`.
  std::vector<presence> found{};
  /// Of the process that asks, since it began, in this partition. Only if the unit asks for it; a store that went back
  /// in time may have forgotten a part.
  ended_events ended{};
};

/// What a store knows about itself when a unit of work fails; between a store and the persister only.
enum class store_signal : std::uint8_t {
  none,     ///< Nothing more than the error says.
  watched,  ///< A process that may have crashed owns the queue; it is not known yet whether it lives.
  went_back ///< The store is as it was earlier, or empty: what this process stored or settled since may be forgotten.
};

/// Why a unit of work failed.
struct store_error : error {
  /// `why`: the error; `s`: what the store knows beside it.
  store_error(error why = {}, store_signal s = store_signal::none) : error{std::move(why)}, signal{s} {}

  store_signal signal; ///< What the store knows about itself.
};

/// What came of a unit of work.
using work_result = boost::system::result<work_done, store_error>;

/// A process that delivers from a queue.
struct queue_owner {
  std::string name{};               ///< As in `process 1234 on web-1`.
  delivery_health health{};         ///< How its deliveries go, as it said last.
  std::optional<store_time> said{}; ///< When that was; empty if it has said nothing.
};

/// Counts of events by the state of their batch, and totals since the queue was made.
/// `stored == delivered + dead + ready + in_flight + retry + purged + erased` holds after every unit of work.
struct store_stats {
  std::uint64_t stored = 0;    ///< All that was ever stored.
  std::uint64_t delivered = 0; ///< Acknowledged.
  std::uint64_t purged = 0;    ///< Purged from the dead letters.
  std::uint64_t erased = 0;    ///< Erased with their user, see `queue_admin::erase_events`.
  std::uint64_t ready = 0;     ///< Ready now.
  std::uint64_t in_flight = 0; ///< Leased now.
  std::uint64_t retry = 0;     ///< Waiting for a retry now.
  std::uint64_t dead = 0;      ///< Dead letters now.
  /// When the oldest batch of each state was stored, fell or falls due, or died.
  std::optional<store_time> oldest_ready{};
  std::optional<store_time> next_retry{};  ///< See `oldest_ready`.
  std::optional<store_time> oldest_dead{}; ///< See `oldest_ready`.
  bool paused = false;                     ///< Whether the queue is paused.
  std::vector<queue_owner> owners{};       ///< Who processes the queue.
};

/// A batch that is not tried again unless it is replayed. They are ordered by `died`, then by `id`.
struct dead_letter {
  std::string id{};         ///< The id of the batch.
  std::uint32_t events = 0; ///< The number of its events.
  int attempts = 0;         ///< Its counted attempts.
  failure_note why{};       ///< Why it was buried.
  store_time died{};        ///< When it was buried.
  /// As in `batch::payload`.
  std::shared_ptr<const std::string> payload{};
};

/// A batch as it stands in a queue, in whatever state.
struct queued_batch {
  batch_ptr content{};     ///< The batch.
  std::uint64_t fence = 0; ///< Tells whether it was leased since it was read.
  bool in_flight = false;  ///< A process delivers it just now.
};

/// A page of the batches of a queue.
struct queue_page {
  std::vector<queued_batch> batches{}; ///< Those of the page; none does not mean that it was the last.
  std::string next{};                  ///< Where the next page begins; empty: this was the last.
};

/// Events that are to leave a batch.
struct erasure {
  queued_batch from{}; ///< The batch, as it was read.
  batch_ptr rest{};    ///< The same batch with what is left of it; null: nothing is.
};

/// A text that a queue keeps beside its batches, for whoever administers it.
struct queue_note {
  std::string name{}; ///< Of 1 to 200 bytes, as in `job/0192f0c1`.
  std::string text{}; ///< Of at most 128 KiB.

  friend bool operator==(const queue_note&, const queue_note&) = default;
};

/// What operators may do to a queue, also while another process processes it. Used by one thread at a time.
class SLUICE_API queue_admin {
public:
  virtual ~queue_admin() = default;

  /// Returns the counts and ages of the queue.
  virtual result<store_stats> stats() = 0;

  /// Up to `limit` dead letters in their order, without payloads, after the one with the cursor `<died in ms>/<id>`,
  /// which need not be there any more; empty: from the first. Errors: `unknown_batch` for what is no cursor.
  virtual result<std::vector<dead_letter>> list_dead(const std::string& after, std::size_t limit) = 0;

  /// One dead letter with its payload. Errors: `unknown_batch`.
  virtual result<dead_letter> show_dead(const std::string& id) = 0;

  /// Dead letters go back to their places in `ready`, as if stored now, with no attempts counted; their fences go on.
  /// All if `ids` is empty. Gives the number of events; ids that are not dead are passed over.
  virtual result<std::uint64_t> replay_dead(const std::vector<std::string>& ids) = 0;

  /// Dead letters are forgotten, as `replay_dead` selects them.
  virtual result<std::uint64_t> purge_dead(const std::vector<std::string>& ids) = 0;

  /// `by` takes the place of a dead letter: ready, as if stored now, with no attempts counted. The events that it has
  /// less are counted as purged. Its id must be of the same partition. Errors: `unknown_batch`.
  virtual result<void> replace_dead(const std::string& id, const batch_ptr& by) = 0;

  /// Batches of every state with their payloads, in any order, about `limit` of them, or fewer that are large. `after`:
  /// the `next` of the page before; empty: the first page. What is stored or split while pages are read may be missing.
  /// Errors: `unknown_batch` for an `after` that is none.
  virtual result<queue_page> list_batches(const std::string& after, std::size_t limit) = 0;

  /// Removes events from batches, which keep their places and states otherwise, and counts them as erased. A batch that
  /// is in flight, or has changed since it was read, is passed over. Gives the number of events.
  virtual result<std::uint64_t> erase_events(const std::vector<erasure>&) = 0;

  /// Overwrites what removed batches have left in the files of the store, as far as they are its own. It may take
  /// seconds, in which nothing is stored.
  virtual result<void> scrub() = 0;

  /// The notes whose names begin with `prefix`, in the order of their names.
  virtual result<std::vector<queue_note>> notes(const std::string& prefix) = 0;

  /// Writes a note in place of the text `was`; empty: there is none. An empty text removes it. Gives whether the note
  /// was as expected; if not, nothing is changed. Errors: `too_large` for a name or a text that is, and
  /// `backlog_full` for the 10 001st note.
  virtual result<bool> put_note(const queue_note&, const std::string& was) = 0;

  /// While a queue is paused no lease of its batches is granted.
  virtual result<void> set_paused(bool) = 0;
};

/// Returns the partition of a batch in a queue that has so many: the last number in its id, modulo that; else 0.
/// The halves of a split have its whole's.
SLUICE_API std::size_t partition_of(std::string_view id, std::size_t partitions) noexcept;

/// A store backend. Each of the `queue.partitions` is a queue by itself, with an order, leases and bounds of its own;
/// what operators see and do spans them. Used by one thread at a time, the persister's, but for `end_by`. Blocking
/// calls are fine, each bounded in time. To add one: implement this, name it in `src/store/make_store.cpp` and in the
/// contract suite's list.
class SLUICE_API store : public queue_admin {
public:
  /// Applies `work`, and returns what became of each part. After an error any part may have been applied or not, and
  /// the unit is sent again. `queue_taken`, `not_a_queue` and `other_destination` are final: the system stops.
  virtual work_result apply(const unit_of_work& work) = 0;

  /// Applies units of work of different partitions, together as far as the backend can. Returns what came of each, in
  /// their order: one may fail while others are applied.
  virtual std::vector<work_result> apply_all(const std::vector<unit_of_work>& units) {
    std::vector<work_result> all;
    for (const auto& u : units)
      try {
        all.push_back(apply(u));
      } catch (const std::exception& e) { // what came of the others must not be lost with it
        all.emplace_back(store_error{{errc::store_failed, "", e.what()}});
      }
    return all;
  }

  /// The process ends in order: its leases go back to their places, nothing counted, and another may take over at once.
  /// Nothing is applied afterwards. What fails is left to the next process.
  virtual void leave() {}

  /// The process ends: a call that is still under way at this moment fails, and so does every later one. Of several
  /// moments the earliest applies. Any thread may call it. A store whose calls are short need not override it.
  virtual void end_by(std::chrono::steady_clock::time_point) noexcept {}

  /// Whether what is stored survives the process. If not, events count against `max_internal_queue_size` until
  /// they have reached an end.
  virtual bool durable() const noexcept = 0;

  /// Whether other processes may deliver from the queue at the same time.
  virtual bool shared() const noexcept { return false; }

  /// When to look next for what other processes have done to the queue (replayed, paused); zero: no other process can.
  virtual std::chrono::milliseconds poll_interval() { return std::chrono::milliseconds{0}; }
};

} // namespace sluice
