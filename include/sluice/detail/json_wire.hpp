#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "sluice/export.hpp"

/// JSON members of events on their way to another process. Not part of the public interface.
namespace sluice {

/// JSON text; empty for null. What cannot be carried becomes text that the other side refuses.
SLUICE_API std::string json_to_wire(const nlohmann::json&);

/// The reverse, bounded in length and depth. Never throws: what is no JSON becomes a discarded value, which is refused
/// by field name when the event is encoded.
SLUICE_API nlohmann::json json_from_wire(std::string_view);

} // namespace sluice
