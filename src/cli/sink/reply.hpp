#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "cli/sink/faults/script.hpp"

namespace sluice {

/// What a session has to do about a request. It needs to know nothing of faults.
struct sink_reply {
  /// Passes first.
  std::chrono::milliseconds latency{0};
  /// What goes out then; may be nothing.
  std::string bytes{};
  /// So many of them at once, the rest one by one with `byte_every` in between.
  std::size_t at_once = 0;
  std::chrono::milliseconds byte_every{0};
  /// Whether the connection is closed after it.
  bool close = false;
};

/// The reply that a fault makes of a JSON body. Pure.
sink_reply make_reply(const fault&, std::string body, bool keep_alive);

} // namespace sluice
