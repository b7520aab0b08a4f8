#include "actors/dead_letter_actor.hpp"

#include "core/printable.hpp"

namespace sluice {

void dead_letter_state::start(self_pointer self, context_ptr context) {
  self_ = self;
  context_ = std::move(context);
}

void dead_letter_state::on_undeliverable(const undeliverable& m) {
  // A transport that a host brought may report anything, secrets included.
  failure_note why{m.why.status, printable(m.why.reason, context_->settings.write_key)};
  compat::send(self_, peers_.table->persister, settle{{bury{m.lease, std::move(why), m.expired}}});
}

dead_letter_state::handle::behavior_type dead_letter_state::behavior() {
  return {[this](const peers& m) { meet(m); },
          [this](const undeliverable& m) { on_undeliverable(m); },
          [this](const redirected& m) { on_redirected(m); },
          [this](const list_dead& m) { return compat::forward_to(self_, store_keeper(), m); },
          [this](const show_dead& m) { return compat::forward_to(self_, store_keeper(), m); },
          [this](const replay_dead& m) { return compat::forward_to(self_, store_keeper(), m); },
          [this](const purge_dead& m) { return compat::forward_to(self_, store_keeper(), m); }};
}

} // namespace sluice
