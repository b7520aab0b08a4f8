#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "sluice/store.hpp"

namespace sluice {

/// Returns a dead letter as operators see it, without its events.
nlohmann::ordered_json json_of(const dead_letter&);

/// Returns the events of a body; discarded JSON if it has none.
nlohmann::ordered_json events_in(const std::string& body);

} // namespace sluice
