#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace sluice {

/// The phases of an attempt that have a deadline.
enum class attempt_phase : std::uint8_t { resolve, connect, proxy_handshake, tunnel, handshake, send, answer };

/// What an attempt waits for, and how long it may.
struct attempt_wait {
  attempt_phase phase{};
  /// The host, the address or both that it waits for.
  std::string peer{};
  std::chrono::milliseconds limit{0};
  /// Whether the limit is that of the whole attempt and not of the phase.
  bool is_of_attempt = false;
};

/// Returns the reason of an attempt that waited for too long, as in "no answer within 20 s (example.com:443)".
std::string timeout_reason(const attempt_wait&);

} // namespace sluice
