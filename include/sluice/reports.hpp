#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

/// @file
/// Answers and notifications. Counts are in events.
namespace sluice {

/// The answer to an event that was sent as a request: the event is stored.
struct receipt {
  std::string message_id{}; ///< The event's id; generated if the event had none.
};

/// Totals of this process. Every event is counted where something happens to it, so that
/// `accepted + recovered == delivered + dead + ended_elsewhere + lost + waiting` can be checked.
struct counts {
  std::uint64_t accepted = 0;  ///< Admitted by the intake.
  std::uint64_t rejected = 0;  ///< Invalid, or sent while the buffer was full or closed.
  std::uint64_t stored = 0;    ///< Committed to the store, or delivered while it took nothing.
  std::uint64_t delivered = 0; ///< Acknowledged by the destination.
  std::uint64_t dead = 0;      ///< Buried.
  /// Delivered or dead events that were accepted by an earlier process, or by another one on the same queue; and those
  /// of this process that were dead once and have been replayed.
  std::uint64_t recovered = 0;
  /// Accepted by this process, and delivered or buried by another one on the same queue, or erased from the queue, as
  /// far as the store was asked.
  std::uint64_t ended_elsewhere = 0;
  /// Stored, and forgotten by the store: Redis was emptied, or failed over to a replica that lagged.
  std::uint64_t lost = 0;
  std::uint64_t waiting = 0;         ///< Accepted by this process, and not at an end, as far as it knows.
  std::uint64_t in_store = 0;        ///< Of those, the ones that are stored.
  std::uint64_t retrying = 0;        ///< Of those, the ones whose attempt has failed.
  std::uint64_t failed_attempts = 0; ///< Failed attempts, in batches.
  /// Settlements that came too late, in batches: the lease had ended, and another process may have delivered the batch.
  std::uint64_t stale = 0;
};

/// The answer to `flush`: what has become of all events accepted before it, since the start.
/// Their number is `delivered + dead + ended_elsewhere + lost + stored + waiting`.
struct flush_report {
  std::uint64_t delivered = 0;       ///< Acknowledged by the destination.
  std::uint64_t dead = 0;            ///< Buried.
  std::uint64_t stored = 0;          ///< In the store, and not at an end.
  std::uint64_t waiting = 0;         ///< Not in the store yet when the deadline passed.
  std::uint64_t ended_elsewhere = 0; ///< As in `counts`.
  std::uint64_t lost = 0;            ///< As in `counts`.
};

/// The answer to `shutdown`; `stopped` carries it, too.
/// `accepted + recovered == delivered + dead + ended_elsewhere + stored + lost`.
struct shutdown_report {
  std::uint64_t accepted = 0;        ///< As in `counts`.
  std::uint64_t rejected = 0;        ///< As in `counts`.
  std::uint64_t delivered = 0;       ///< As in `counts`.
  std::uint64_t dead = 0;            ///< As in `counts`.
  std::uint64_t recovered = 0;       ///< As in `counts`.
  std::uint64_t stored = 0;          ///< Left in a durable store: a later process delivers them.
  std::uint64_t lost = 0;            ///< Accepted, and gone: forgotten by the store, or with this process.
  std::uint64_t ended_elsewhere = 0; ///< As in `counts`.
  std::string last_failure{};        ///< As in `system_stats`.
};

/// The answer to `get_stats`.
struct system_stats {
  counts totals{};               ///< Totals since the start.
  std::uint64_t depth = 0;       ///< Events held, bounded by `max_internal_queue_size`.
  std::uint64_t depth_bytes = 0; ///< Bytes held, bounded by `max_internal_queue_bytes`.
  std::uint64_t restarts = 0;    ///< Actors restarted since the start.
  bool paused = false;           ///< Whether `pause` stopped deliveries.
  std::string suspended{};       ///< Why deliveries are suspended or paused; empty if they are not.
  std::string last_failure{};    ///< Why the last attempt that failed has failed; empty if none has. No secrets.
};

/// What happened to events.
enum class report_kind : std::uint8_t {
  stored,    ///< committed to the store
  delivered, ///< acknowledged by the destination
  retried,   ///< an attempt failed; the batch will be tried again
  dead,      ///< buried
  rejected,  ///< not accepted
  lost       ///< stored, and forgotten by the store
};

/// Sent to subscribers, once per state change of a batch. Rejected events are gathered into one report, as are lost
/// ones.
struct delivery_report {
  report_kind kind{};       ///< What happened.
  std::uint64_t events = 0; ///< To how many events.
  std::string batch_id{};   ///< Empty for rejected and lost events.
  /// If the subscriber asked for ids: every event of the batch; of rejected events, the first 100 since the last
  /// report, each cut to 128 bytes; of lost events, none.
  std::vector<std::string> message_ids{};
  std::int32_t attempts = 0;          ///< Failed attempts so far.
  std::int32_t status = 0;            ///< The HTTP status of the last attempt; 0 if there was no response.
  std::string reason{};               ///< Why. Printable, no secrets.
  std::chrono::milliseconds delay{0}; ///< Of `retried`: how long until the next attempt is due.
};

/// Sent to a subscriber that handled its reports more slowly than they came: what the missed ones said, in sum.
/// Of `backpressure` and `delivery_suspended` it still gets the last.
struct reports_missed {
  std::uint64_t reports = 0;   ///< How many reports.
  std::uint64_t stored = 0;    ///< Events committed to the store.
  std::uint64_t delivered = 0; ///< Events acknowledged by the destination.
  std::uint64_t retried = 0;   ///< Events whose attempt failed.
  std::uint64_t dead = 0;      ///< Events buried.
  std::uint64_t rejected = 0;  ///< Events not accepted.
  std::uint64_t lost = 0;      ///< Events forgotten by the store.

  friend bool operator==(const reports_missed&, const reports_missed&) = default;
};

/// Sent to subscribers once per crossing of a water mark. Producers should stop while it is engaged.
struct backpressure {
  bool engaged = false;       ///< True above `high_water`; false once the buffer has fallen to `low_water`.
  std::uint64_t depth = 0;    ///< Events in the buffer.
  std::uint64_t capacity = 0; ///< The most events that it may hold.
};

/// Sent to subscribers when deliveries are suspended or paused, and when they resume. They are suspended while the
/// destination is unavailable or misconfigured, or asks for a pause (429). An operator or the burial guard pauses them.
struct delivery_suspended {
  std::string reason{}; ///< Why; empty when deliveries resume.
};

/// Sent to subscribers when the system stops by itself: an actor failed more often than `restarts` allows, or the store
/// reported a final error.
struct stopped {
  std::string reason{};     ///< Why.
  shutdown_report counts{}; ///< The counts at the end.
};

} // namespace sluice
