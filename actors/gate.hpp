#pragma once

#include <memory>
#include <utility>

#include "actors/encoder.hpp"
#include "actors/handles.hpp"

namespace sluice {

/// Sits in front of an actor's mailbox and deals with event messages on the sender's thread: encodes, admits or
/// rejects them, answers the rejected requests. So the bound holds however fast senders are, and an event costs no
/// message. Everything else passes.
class event_gate {
public:
  explicit event_gate(std::shared_ptr<intake> intake) : intake_{std::move(intake)} {}

  /// True if `element` was an event and has been dealt with. Any thread.
  bool takes(const caf::strong_actor_ptr& self, const caf::mailbox_element& element) const;

private:
  template <class Event>
  bool takes_as(const caf::strong_actor_ptr& self, const caf::mailbox_element& element) const;

  std::shared_ptr<intake> intake_;
};

/// An actor class behind an event gate.
template <class Base>
class gated : public Base {
public:
  template <class... Ts>
  gated(caf::actor_config& config, event_gate gate, Ts&&... xs)
      : Base{config, std::forward<Ts>(xs)...}, gate_{std::move(gate)} {}

  using Base::enqueue;

  compat::enqueue_result enqueue(caf::mailbox_element_ptr element, compat::scheduler_context* context) override {
    if (gate_.takes(this->ctrl(), *element))
      return compat::taken();
    return Base::enqueue(std::move(element), context);
  }

private:
  event_gate gate_;
};

} // namespace sluice
