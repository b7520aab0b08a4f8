#pragma once

#include <utility>

#include "actors/context.hpp"
#include "actors/handles.hpp"

namespace sluice {

/// An actor of ours: hardened, with a state that does the work. The state has a `name`, a `handle` (the messages that
/// it takes), `start` (called before anything arrives) and `behavior` (returns the handlers).
template <class State>
class actor_of : public caf::stateful_actor<State, typename State::handle::base> {
public:
  using super = caf::stateful_actor<State, typename State::handle::base>;

  /// The actor quits when `parent` is gone. The supervisor has none.
  actor_of(caf::actor_config& config, context_ptr context, supervisor_actor parent = {})
      : super{config}, context_{std::move(context)}, parent_{std::move(parent)} {}

  typename super::behavior_type make_behavior() override {
    State& core = compat::state_of(this);
    core.start(this, std::exchange(context_, nullptr));
    compat::harden(this);
    if (const auto parent = std::exchange(parent_, {}))
      compat::watch(this, parent, [this](const caf::actor_addr&, const caf::error&) { this->quit(); });
    return core.behavior();
  }

private:
  context_ptr context_;
  supervisor_actor parent_;
};

/// Spawns a child of the supervisor. A state that has `blocks` does blocking I/O: its actor gets a thread of its own,
/// unless the context says that there are no threads.
template <class State>
typename State::handle spawn_supervised(caf::actor_system& system, context_ptr context,
                                        const supervisor_actor& parent) {
  if constexpr (requires { State::blocks; })
    if (context->detach_persister)
      return system.spawn<actor_of<State>, caf::detached>(std::move(context), parent);
  return system.spawn<actor_of<State>>(std::move(context), parent);
}

} // namespace sluice
