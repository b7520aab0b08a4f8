#include "core/event/encode.hpp"

namespace sluice {

namespace {

template <class Event>
event_view common(event_type type, const Event& e) {
  event_view v{};
  v.type = type;
  v.user_id = e.user_id;
  v.context = &e.context;
  v.integrations = &e.integrations;
  v.message_id = e.message_id;
  v.timestamp = e.timestamp;
  v.original_timestamp = e.original_timestamp;
  if constexpr (requires { e.anonymous_id; })
    v.anonymous_id = e.anonymous_id;
  if constexpr (requires { e.properties; })
    v.body = &e.properties;
  if constexpr (requires { e.traits; })
    v.body = &e.traits;
  if constexpr (requires { e.category; }) {
    v.name = e.name;
    v.category = e.category;
  }
  return v;
}

} // namespace

event_view view_of(const track& e) {
  auto v = common(event_type::track, e);
  v.subject = e.event;
  return v;
}

event_view view_of(const identify& e) {
  return common(event_type::identify, e);
}

event_view view_of(const page& e) {
  return common(event_type::page, e);
}

event_view view_of(const screen& e) {
  return common(event_type::screen, e);
}

event_view view_of(const group& e) {
  auto v = common(event_type::group, e);
  v.subject = e.group_id;
  return v;
}

event_view view_of(const alias& e) {
  auto v = common(event_type::alias, e);
  v.subject = e.previous_id;
  return v;
}

} // namespace sluice
