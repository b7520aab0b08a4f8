#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "server/system_view.hpp"

namespace sluice {

/// How the events of a process flow, in one word. Of several that apply, the last one counts.
enum class flow_state : std::uint8_t {
  idle,            ///< there is nothing to deliver
  flowing,         ///< deliveries go on
  unavailable,     ///< deliveries are suspended: the destination cannot be reached, or asks for a pause
  misconfigured,   ///< deliveries are suspended: its address or its key is wrong
  paused,          ///< an operator has paused deliveries
  paused_by_guard, ///< the burial guard has
  store_failed,    ///< the store does not answer
  stopping         ///< the system shuts down
};

const char* to_string(flow_state) noexcept;

flow_state state_of(const system_view&);

/// Returns the health of the destination, as `healthy`, `unavailable` or `misconfigured`.
const char* destination_health(const system_stats&);

/// Returns one line about the state for an operator, in the words of `sluice status`.
std::string words_of(const system_view&);

/// When the present state began, as far as it was looked at.
class state_clock {
public:
  /// Returns when it began.
  store_time note(flow_state now_is, store_time now) {
    if (state_ != now_is)
      since_ = now;
    state_ = now_is;
    return since_;
  }

private:
  std::optional<flow_state> state_{};
  store_time since_{};
};

} // namespace sluice
