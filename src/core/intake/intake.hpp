#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/intake/totals.hpp"
#include "core/wire/event_chunk.hpp"
#include "sluice/options.hpp"
#include "sluice/reports.hpp"

namespace sluice {

class block_list;
struct event_view;

/// What has come in since the buffer last took events.
struct intake_batch {
  event_chunk events;
  /// Crossings of the water marks.
  std::vector<backpressure> crossings;
  /// Rejected events: how many, the ids of the first 100, of 128 bytes at most, the first reason.
  std::uint64_t rejected = 0;
  std::vector<std::string> rejected_ids;
  std::string rejected_why;
};

/// The one place where events are admitted or rejected. Producers encode outside of its lock and append; the buffer
/// takes whole chunks. It bounds events and bytes from acceptance until they are released, wherever they are in
/// between. It owns the totals: supervisor, buffer and clients share it, so that the counts are exact whoever dies.
///
/// Every method may be called from any thread.
class intake {
public:
  explicit intake(const options&);

  /// `wake` is called without the lock, on producers' threads: when the first event comes in, when there are `flush_at`
  /// events, and when a requester waits for an answer.
  void open(std::function<void()> wake);

  /// Admits one encoded event, or rejects it: `buffer_full`, `closed`. `who` is told when it is stored, or rejected.
  /// `user`: with `ordering = per_user` the events of one arrive in their order.
  result<void> offer(std::string_view encoded, std::string_view message_id, requester_ptr who = nullptr,
                     std::string_view user = {});

  /// Admits all of the encoded events, or rejects all: `buffer_full`, `closed`, or `too_large` if the buffer could not
  /// hold so many even if it were empty. `partitions` of the chunk is filled with `partition_of`. Its requesters are
  /// not told of a rejection.
  result<void> offer_all(event_chunk events);
  /// The most events that it holds.
  std::size_t capacity() const noexcept { return capacity_; }
  /// The partition of a user's events, if users are divided among several; else 0.
  std::uint8_t partition_of(std::string_view user) const;

  /// Replaces the list of users whose events are kept out.
  void block(block_list);
  /// Whether an event may be offered. Errors: `user_blocked`.
  result<void> admits(const event_view&, std::chrono::system_clock::time_point now) const;

  /// Counts an event that was rejected before it could be offered.
  void reject(std::string_view message_id, const error& why);

  /// Sets whether the ids of rejected events are noted. They are not at first.
  void note_rejected_ids(bool);

  /// Returns what has come in, and forgets it. `looks_again`: the buffer comes back soon by itself, and until then it
  /// is woken only for what is urgent.
  intake_batch take(bool looks_again = false);

  /// Returns whether events should be taken at once: they fill a batch, a requester waits for an answer, or a water
  /// mark was crossed. Otherwise they may gather a little.
  bool urgent() const;

  /// Blocks until an event of any size would be admitted, or `at_most` has passed. Returns whether it would.
  bool wait_for_room(std::chrono::milliseconds at_most);

  /// Rejects everything from now on.
  void close();
  bool closed() const;

  /// Frees the room of events that are no longer held.
  void release(std::size_t events, std::size_t bytes);

  /// The bound of one encoded event.
  std::size_t max_event_bytes() const noexcept { return max_event_bytes_; }

  /// What has become of the events so far.
  sluice::totals& totals() noexcept { return totals_; }

  /// Events and bytes that are held now.
  std::uint64_t depth() const;
  std::uint64_t depth_bytes() const;

private:
  enum class signal { none, some, full };

  bool is_full(std::size_t more_bytes) const noexcept;
  void note_high_water();
  bool note_rejection(std::string_view message_id);
  void note_crossing();
  bool raise_signal(signal level);

  const std::size_t capacity_;
  const std::size_t capacity_bytes_;
  const std::size_t high_, high_bytes_, low_, low_bytes_;
  const std::size_t flush_at_;
  const std::size_t max_event_bytes_;
  /// Among how many partitions users are divided; 1: they are not.
  const std::size_t partitions_of_users_;

  mutable std::mutex mutex_;
  std::condition_variable room_;
  std::function<void()> wake_;
  intake_batch open_;
  std::size_t depth_ = 0;
  std::size_t depth_bytes_ = 0;
  bool engaged_ = false;
  bool closed_ = false;
  bool notes_rejected_ids_ = false;
  /// Null if nobody is blocked, which producers see without a lock.
  std::shared_ptr<const block_list> blocked_;
  std::atomic<bool> is_anybody_blocked_ = false;
  signal signalled_ = signal::none;
  sluice::totals totals_{mutex_};
};

} // namespace sluice
