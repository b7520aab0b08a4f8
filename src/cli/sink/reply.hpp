#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "cli/sink/faults/script.hpp"

namespace sluice {

/// What is sent for a request.
struct sink_reply {
  /// How long to wait first.
  std::chrono::milliseconds latency{0};
  /// What to send; may be empty.
  std::string bytes{};
  /// How many bytes to send at once. The rest is sent byte by byte, one every `byte_every`.
  std::size_t at_once = 0;
  std::chrono::milliseconds byte_every{0};
  /// Whether to close the connection afterwards.
  bool close = false;
};

/// Applies a fault to a JSON body and returns the reply. Pure.
sink_reply make_reply(const fault&, std::string body, bool keep_alive);

} // namespace sluice
