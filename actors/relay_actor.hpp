#pragma once

#include "sluice/analytics.hpp"

namespace sluice {

/// What other processes see instead of the buffer: the same gate, with nothing behind it that the inside says to
/// itself. It goes when the buffer does.
buffer_actor spawn_relay(caf::actor_system&, const analytics& running);

} // namespace sluice
