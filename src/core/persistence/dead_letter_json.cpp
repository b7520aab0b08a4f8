#include "core/persistence/dead_letter_json.hpp"

#include "core/wire/payload.hpp"

namespace sluice {

namespace {

// The deepest nesting of a payload that is read as JSON: a store may hold anything, and reading deep JSON takes stack.
constexpr int max_payload_depth = 100;

// Returns the events of a body; discarded JSON if it has none.
nlohmann::ordered_json events_in(const std::string& body) {
  bool too_deep = false;
  const auto watch_depth = [&](int depth, auto, auto&) {
    too_deep = too_deep || depth > max_payload_depth;
    return !too_deep;
  };
  auto json = nlohmann::ordered_json::parse(body, watch_depth, false);
  if (too_deep || !json.is_object() || !json.contains("batch"))
    return nlohmann::ordered_json::value_t::discarded;
  return std::move(json["batch"]);
}

} // namespace

nlohmann::ordered_json json_of(const dead_letter& d) {
  return {{"id", d.id},
          {"events", d.events},
          {"attempts", d.attempts},
          {"status", d.why.status},
          {"reason", d.why.reason},
          {"died_ms", d.died.time_since_epoch().count()}};
}

result<nlohmann::ordered_json> json_with_events(const dead_letter& d) {
  const auto body = open_payload(*d.payload);
  if (!body)
    return body.error();
  auto json = json_of(d);
  if (auto events = events_in(*body); !events.is_discarded())
    json["batch"] = std::move(events);
  else
    json["payload"] = *body;
  return result<nlohmann::ordered_json>{boost::system::in_place_value, std::move(json)};
}

nlohmann::ordered_json exported_json(const dead_letter& d) {
  auto whole = json_with_events(d);
  if (whole)
    return std::move(*whole);
  auto json = json_of(d);
  json["error"] = whole.error().message;
  return json;
}

} // namespace sluice
