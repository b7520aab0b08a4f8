#pragma once

#include "actors/context.hpp"
#include "actors/handles.hpp"

namespace sluice {

/// Buries what cannot be delivered, and passes operators' questions about dead letters to the persister.
class dead_letter_state {
public:
  static inline const char* name = "sluice.dead_letters";
  using handle = dead_letter_actor;
  using self_pointer = handle::stateful_pointer<dead_letter_state>;

  void start(self_pointer self, context_ptr context);
  handle::behavior_type behavior();

private:
  void meet(const peers& who) { peers_ = who; }
  void on_undeliverable(const undeliverable&);
  void on_redirected(const redirected& m) { context_ = m.context; }

  const persister_actor& store_keeper() const { return peers_.table->persister; }

  self_pointer self_ = nullptr;
  context_ptr context_;
  peers peers_;
};

} // namespace sluice
