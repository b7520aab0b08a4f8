#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <vector>

#include "floor/batch.hpp"

namespace sluice::bench {

/// Hands batches from the thread that makes them to the one that stores them. It holds a few at most, and wakes a
/// thread only if that sleeps.
class handover {
public:
  handover();
  ~handover();
  handover(const handover&) = delete;
  handover& operator=(const handover&) = delete;

  /// Waits while it is full. Returns false if nobody takes batches any more.
  bool push(floor_batch, bool is_last);
  /// Nobody takes batches any more.
  void abandon();

  /// Returns what is there, `most` at most, without waiting.
  std::vector<floor_batch> take(std::size_t most);
  /// Whether the last batch is taken.
  bool is_drained();
  /// Announces that the thread that takes batches is about to sleep. Returns false if there is something to take.
  bool may_sleep();
  /// Readable once something came for a thread that had announced its sleep.
  int wakes() const noexcept { return wakes_; }
  /// Ends an announced sleep, whatever has ended it.
  void awake();

private:
  const int wakes_;
  std::mutex mutex_;
  std::condition_variable has_room_;
  std::vector<floor_batch> batches_;
  bool sleeps_ = false, has_last_ = false, is_abandoned_ = false;
};

} // namespace sluice::bench
