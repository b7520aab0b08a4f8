#include "core/persistence/dead_letter_json.hpp"

namespace sluice {

namespace {

// The deepest nesting of a payload that is read as JSON: a store may hold anything, and reading deep JSON takes stack.
constexpr int max_payload_depth = 100;

} // namespace

nlohmann::ordered_json json_of(const dead_letter& d) {
  return {{"id", d.id},
          {"events", d.events},
          {"attempts", d.attempts},
          {"status", d.why.status},
          {"reason", d.why.reason},
          {"died_ms", d.died.time_since_epoch().count()}};
}

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

} // namespace sluice
