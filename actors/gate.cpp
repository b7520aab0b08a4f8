#include "actors/gate.hpp"

namespace sluice {

bool event_gate::takes(const caf::strong_actor_ptr& self, const caf::mailbox_element& element) const {
  return takes_as<track>(self, element) || takes_as<identify>(self, element) || takes_as<page>(self, element) ||
         takes_as<screen>(self, element) || takes_as<group>(self, element) || takes_as<alias>(self, element);
}

template <class Event>
bool event_gate::takes_as(const caf::strong_actor_ptr& self, const caf::mailbox_element& element) const {
  const auto& content = element.content();
  if (element.mid.is_response() || !content.template match_elements<Event>())
    return false;
  const auto& what = content.template get_as<Event>(0);
  if (!element.mid.is_request()) {
    encode_and_offer(*intake_, view_of(what));
    return true;
  }
  compat::reply_to reply{self, element.sender, element.mid};
  bool offered = false;
  auto admitted = encode_and_offer(*intake_, view_of(what), [&](const std::string& message_id) {
    offered = true; // from here on the requester gets the answer, whatever it is
    return std::make_shared<requester>([reply, message_id](const error* why) {
      if (why)
        reply(to_caf_error(*why));
      else
        reply(receipt{message_id});
    });
  });
  if (!admitted && !offered)
    reply(to_caf_error(admitted.error()));
  return true;
}

} // namespace sluice
