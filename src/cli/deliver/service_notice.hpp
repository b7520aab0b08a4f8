#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace sluice {

/// What a service manager is told: datagrams to the socket that `NOTIFY_SOCKET` names, as systemd reads them. Without
/// the variable nothing is sent.
class service_notice {
public:
  service_notice();

  /// Sends a state, as in `READY=1`.
  void send(std::string_view state) const;
  /// How often the manager wants to hear `WATCHDOG=1`; nothing if it does not.
  std::optional<std::chrono::milliseconds> watchdog() const noexcept { return watchdog_; }

private:
  std::string socket_;
  std::optional<std::chrono::milliseconds> watchdog_;
};

/// Returns the listening socket that a service manager has passed to this process (`LISTEN_FDS`); -1 if it has passed
/// none.
int passed_socket();

} // namespace sluice
