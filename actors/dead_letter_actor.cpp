#include "actors/dead_letter_actor.hpp"

#include "actors/supervised.hpp"
#include "core/printable.hpp"

namespace sluice {

void dead_letter_state::start(self_pointer self, context_ptr context) {
  self_ = self;
  context_ = std::move(context);
}

void dead_letter_state::on_undeliverable(const undeliverable& m) {
  // A transport from outside may have let anything through.
  failure_note why{m.why.status, printable(m.why.reason, context_->settings.write_key)};
  compat::send(self_, peers_.table->persister, settle{{bury{m.lease, std::move(why), m.expired}}});
}

namespace {

dead_letter_actor::behavior_type dead_letters(dead_letter_state::self_pointer self, context_ptr context,
                                              const supervisor_actor& parent) {
  auto* state = &compat::state_of(self);
  state->start(self, std::move(context));
  supervise(self, parent);
  return {[state](const peers& m) { state->meet(m); },
          [state](const undeliverable& m) { state->on_undeliverable(m); },
          [state](const redirected& m) { state->on_redirected(m); },
          [self, state](const list_dead& m) { return compat::forward_to(self, state->store_keeper(), m); },
          [self, state](const show_dead& m) { return compat::forward_to(self, state->store_keeper(), m); },
          [self, state](const replay_dead& m) { return compat::forward_to(self, state->store_keeper(), m); },
          [self, state](const purge_dead& m) { return compat::forward_to(self, state->store_keeper(), m); }};
}

} // namespace

dead_letter_actor spawn_dead_letter_actor(caf::actor_system& system, context_ptr context,
                                          const supervisor_actor& parent) {
  return system.spawn(dead_letters, std::move(context), parent);
}

} // namespace sluice
