#pragma once

#include <chrono>
#include <functional>
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
  /// Sends `WATCHDOG=1` if the manager wants to hear it by now, and the service is alive. If it is not, because it is
  /// busy, the next call asks again.
  void show_life(std::chrono::steady_clock::time_point now, const std::function<bool()>& is_alive);

private:
  std::string socket_;
  /// How often the manager wants to hear it; nothing if it does not.
  std::optional<std::chrono::milliseconds> watchdog_;
  std::chrono::steady_clock::time_point next_sign_{};
};

/// Returns the listening socket that a service manager has passed to this process (`LISTEN_FDS`); -1 if it has passed
/// none.
int passed_socket();

} // namespace sluice
