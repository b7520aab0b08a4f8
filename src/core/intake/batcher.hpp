#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "core/wire/event_chunk.hpp"
#include "sluice/options.hpp"

namespace sluice {

using steady_time = std::chrono::steady_clock::time_point;

/// Events that are to become a batch, in the order of acceptance.
struct cut {
  /// Where it goes.
  std::size_t partition = 0;
  /// Back to back, as they stand in a request body.
  std::string bytes;
  std::uint32_t events = 0;
  /// The sum of the events' sizes, without separators: what they count against the bound.
  std::size_t event_bytes = 0;
  std::vector<requester_ptr> requesters;
  /// When the oldest of them came in.
  steady_time since;
};

/// Decides when a batch is cut and what goes into it. No clock of its own: `now` comes in.
///
/// A cut is due when `flush_at` events wait, when `max_batch_bytes` would be passed, `flush_interval` after the oldest
/// came, `request_linger` after the first request came, or when everything that waits is to be flushed. A batch has
/// `flush_at` events while the pipeline keeps up, and up to `max_batch_events` while it is behind.
class batcher {
public:
  explicit batcher(const options&);

  /// Events that came in; the first of them at `since`.
  void add(event_chunk&& events, steady_time since);

  /// A batch has at most so many events from now on, if that is fewer than it has anyway.
  void limit_events(std::size_t most) noexcept { limit_ = most; }

  /// Everything that waits now is due, in batches that hold nothing that comes later.
  void flush();

  /// The next batch, if one is due and `free_batches` of the window to the persister are free.
  std::optional<cut> next(steady_time now, std::size_t free_batches);

  /// When the passing of time makes a batch due; empty if nothing waits.
  std::optional<steady_time> deadline() const;

  std::size_t waiting() const noexcept { return waiting_; }

private:
  struct piece {
    event_chunk events;
    std::size_t next = 0;
    std::size_t next_requester = 0;
    steady_time since;
  };

  bool due(steady_time now) const;
  std::size_t size_limit(std::size_t free_batches) const noexcept;
  void append_front(cut&);

  const std::size_t flush_at_, max_events_, max_bytes_;
  const milliseconds interval_, linger_;
  std::size_t limit_;

  std::deque<piece> pieces_;
  std::size_t waiting_ = 0;
  std::size_t waiting_bytes_ = 0;
  std::size_t waiting_requesters_ = 0;
  /// The waiting events that are to be flushed: one part for each flush, which no batch crosses.
  std::deque<std::size_t> flushing_;
  std::size_t flushing_events_ = 0;
};

} // namespace sluice
