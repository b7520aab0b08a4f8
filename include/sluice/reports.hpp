#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

/// What the system says about itself: answers and notifications. Counts are in events.
namespace sluice {

/// The answer to an event that was sent as a request: it is stored.
struct receipt {
  std::string message_id{};
};

/// Totals of this process. `accepted + recovered == delivered + dead + lost + waiting()`.
struct counts {
  std::uint64_t accepted = 0;
  /// Invalid, or offered while the buffer was full or closed.
  std::uint64_t rejected = 0;
  /// Committed to the store.
  std::uint64_t stored = 0;
  std::uint64_t delivered = 0;
  std::uint64_t dead = 0;
  /// Of the delivered and dead: accepted by an earlier process, or by another one on the same queue.
  std::uint64_t recovered = 0;
  /// Waiting now, with one failed attempt or more behind them.
  std::uint64_t retrying = 0;
  /// Failed attempts, in batches.
  std::uint64_t failed_attempts = 0;
  /// Settlements that came too late, in batches: the lease was over, another process may have delivered the batch.
  std::uint64_t stale = 0;
  /// Stored, and then lost by the store: Redis was emptied.
  std::uint64_t lost = 0;

  /// Accepted and not at an end.
  std::uint64_t waiting() const noexcept { return accepted + recovered - delivered - dead - lost; }
};

/// The answer to `flush`, about every event that was accepted before it: `delivered + dead + stored + waiting` are
/// all of them since the start.
struct flush_report {
  std::uint64_t delivered = 0;
  std::uint64_t dead = 0;
  /// In the store, not at an end when the deadline passed.
  std::uint64_t stored = 0;
  /// Not in the store yet when the deadline passed.
  std::uint64_t waiting = 0;
};

/// The answer to `shutdown`; also what `stopped` carries. `accepted + recovered == delivered + dead + stored + lost`.
struct shutdown_report {
  std::uint64_t accepted = 0;
  std::uint64_t rejected = 0;
  std::uint64_t delivered = 0;
  std::uint64_t dead = 0;
  /// As in `counts`.
  std::uint64_t recovered = 0;
  /// In a durable store: a later process delivers them.
  std::uint64_t stored = 0;
  /// Accepted, and gone with this process.
  std::uint64_t lost = 0;
};

/// The answer to `get_stats`.
struct system_stats {
  counts totals{};
  /// Events held against `max_internal_queue_size`.
  std::uint64_t depth = 0;
  std::uint64_t depth_bytes = 0;
  std::uint64_t restarts = 0;
  bool paused = false;
  /// Why deliveries are suspended or paused; empty if they are not.
  std::string suspended{};
};

/// What happened to events.
enum class report_kind : std::uint8_t { stored, delivered, retried, dead, rejected };

/// Sent to subscribers, once per state change of a batch; rejected events are gathered into one report.
struct delivery_report {
  report_kind kind{};
  std::uint64_t events = 0;
  /// Empty for rejected events.
  std::string batch_id{};
  /// All of the batch; of rejected events, the first 100 since the last report.
  std::vector<std::string> message_ids{};
  /// Failed attempts so far.
  std::int32_t attempts = 0;
  /// The HTTP status of the last attempt; 0 if there was no response.
  std::int32_t status = 0;
  /// Why; printable, no secrets.
  std::string reason{};
  /// `retried`: when it is due again, from now.
  std::chrono::milliseconds delay{0};
};

/// Sent to subscribers once for every crossing: `engaged` when the buffer passes its high-water mark, not `engaged`
/// when it has fallen to the low-water mark. Producers should stop while it is engaged.
struct backpressure {
  bool engaged = false;
  std::uint64_t depth = 0;
  std::uint64_t capacity = 0;
};

/// Sent to subscribers when deliveries are suspended or paused, and when they go on (`reason` empty): the destination
/// is misconfigured, is unavailable, or asks for a pause; or the queue is paused, by an operator or by the burial
/// guard.
struct delivery_suspended {
  std::string reason{};
};

/// Sent to subscribers when the system stops by itself: an actor failed more often than `restarts` allows.
struct stopped {
  std::string reason{};
  shutdown_report counts{};
};

} // namespace sluice
