#pragma once

#include <chrono>

namespace sluice {

/// SIGINT and SIGTERM as a descriptor that becomes readable. One at a time may exist; a second signal ends the process
/// as it always would.
class stop_signal {
public:
  stop_signal();
  ~stop_signal();
  stop_signal(const stop_signal&) = delete;
  stop_signal& operator=(const stop_signal&) = delete;

  int descriptor() const noexcept;
  bool raised() const noexcept { return wait(std::chrono::milliseconds{0}); }
  /// Waits for it. True if it has come.
  bool wait(std::chrono::milliseconds at_most) const noexcept;
};

} // namespace sluice
