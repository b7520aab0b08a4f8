#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace sluice {

/// Events that are stored and delivered together. Encoded and compressed once, when it is cut, and then only shared.
struct batch {
  /// The `Idempotency-Key` of every attempt. Globally unique; at most 128 characters of `[A-Za-z0-9.-]`.
  std::string id{};
  /// The number of events.
  std::uint32_t events = 0;
  /// The request body, ready to send (docs/wire-format.md).
  std::shared_ptr<const std::string> payload{};
};

/// A batch is immutable, so threads may share it.
using batch_ptr = std::shared_ptr<const batch>;

} // namespace sluice
