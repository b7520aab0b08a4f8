#pragma once

#include <atomic>
#include <chrono>

namespace sluice {

/// SIGINT and SIGTERM as a descriptor that becomes readable. One may exist at a time, made before any other thread is:
/// threads inherit that the signals are blocked. After `wait` or `raised` has reported the first signal, the next one
/// ends the process as it always would. `wait` and `raised` may be called from any thread.
class stop_signal {
public:
  stop_signal();
  ~stop_signal();
  stop_signal(const stop_signal&) = delete;
  stop_signal& operator=(const stop_signal&) = delete;

  /// For polling only: reading it would take the signal away from `wait`.
  int descriptor() const noexcept { return descriptor_; }
  bool raised() noexcept { return wait(std::chrono::milliseconds{0}); }
  /// Waits for a signal. True if one has come.
  bool wait(std::chrono::milliseconds at_most) noexcept;

private:
  int descriptor_ = -1;
  std::atomic<bool> raised_{false};
};

} // namespace sluice
