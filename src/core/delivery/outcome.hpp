#pragma once

#include <cstdint>

#include "sluice/store.hpp"
#include "sluice/transport.hpp"

namespace sluice {

/// What an attempt came to.
enum class outcome : std::uint8_t {
  delivered,
  retryable,     ///< another attempt may help
  unreachable,   ///< the same, and the destination may be unavailable
  throttled,     ///< the same, and the destination asks for a pause
  splittable,    ///< an event of the batch may be the cause: the halves are tried
  misconfigured, ///< the address or the key is wrong, the events are not
  permanent,     ///< no attempt can help
  cancelled      ///< there was no attempt
};

struct classification {
  outcome what{};
  failure_note why{};
};

/// The outcome table. `events`: how many the batch had.
classification classify(const delivery_response&, std::uint32_t events);

} // namespace sluice
