#pragma once

#include <atomic>
#include <chrono>
#include <csignal>

namespace sluice {

/// What SIGHUP asks for, unless `nohup` has made the process ignore it.
enum class hangup { stop, read_again };

/// SIGINT, SIGTERM and perhaps SIGHUP as a descriptor that becomes readable.
/// Create at most one, before any other thread, because threads inherit the blocked signals. After `wait` or `raised`
/// has reported the first signal, the next one ends the process, as by default. `wait` and `raised` may be called from
/// any thread.
class stop_signal {
public:
  explicit stop_signal(hangup = hangup::stop);
  ~stop_signal();
  stop_signal(const stop_signal&) = delete;
  stop_signal& operator=(const stop_signal&) = delete;

  /// Returns a descriptor for polling only: reading from it would hide the signal from `wait`.
  int descriptor() const noexcept { return descriptor_; }
  bool raised() noexcept { return wait(std::chrono::milliseconds{0}); }
  /// Returns whether SIGHUP has arrived since the last call, where it asks to read something again.
  bool hung_up() const noexcept;
  /// Waits for a signal. Returns whether one has arrived.
  bool wait(std::chrono::milliseconds at_most) noexcept;

private:
  void unblock() noexcept;

  sigset_t signals_{};
  int descriptor_ = -1, hangup_ = -1;
  std::atomic<bool> raised_{false};
};

} // namespace sluice
