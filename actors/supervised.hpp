#pragma once

#include "actors/context.hpp"
#include "actors/handles.hpp"

namespace sluice {

/// What every child of the supervisor has in common: it is hardened, and quits when the supervisor is gone.
template <class Self>
void supervise(Self* self, const supervisor_actor& parent) {
  compat::harden(self);
  compat::watch(self, parent, [self](const caf::actor_addr&, const caf::error&) { self->quit(); });
}

} // namespace sluice
