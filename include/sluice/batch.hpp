#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace sluice {

/// Events that travel together: cut, encoded and compressed once, then only shared. Immutable.
struct batch {
  /// `Idempotency-Key` of every attempt. Unique for ever; at most 128 of `[A-Za-z0-9.-]`.
  std::string id{};
  std::uint32_t events = 0;
  /// The request body, ready to send (docs/wire-format.md).
  std::shared_ptr<const std::string> payload{};
};

using batch_ptr = std::shared_ptr<const batch>;

} // namespace sluice
