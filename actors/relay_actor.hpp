#pragma once

#include "sluice/analytics.hpp"

namespace sluice {

/// What other processes see instead of the buffer: the same gate, and `flush`. It answers by itself, so that they learn
/// of no other actor, and nothing that they send can end it: it goes when the buffer does. A message whose handling
/// throws is answered with an error, and logged.
buffer_actor spawn_relay(caf::actor_system&, const analytics& running);

} // namespace sluice
