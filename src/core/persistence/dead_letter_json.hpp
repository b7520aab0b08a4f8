#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "sluice/store.hpp"

namespace sluice {

/// Returns a dead letter as operators see it, without its events.
nlohmann::ordered_json json_of(const dead_letter&);

/// Returns a dead letter that has its payload with its events as `batch`; with the text of the payload as `payload`
/// instead, if that is no batch in JSON. Errors: the payload is damaged.
result<nlohmann::ordered_json> json_with_events(const dead_letter&);

/// Returns the same as a part of an export, in which one that is damaged must not stand in the way of others: it has
/// `error` instead of its events.
nlohmann::ordered_json exported_json(const dead_letter&);

} // namespace sluice
