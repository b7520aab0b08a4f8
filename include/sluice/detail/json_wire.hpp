#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "sluice/export.hpp"

/// The JSON of events in messages to another process. Not part of the public interface.
namespace sluice {

/// Returns JSON text; empty for null. A value that JSON cannot represent becomes text that the receiver rejects.
SLUICE_API std::string json_to_wire(const nlohmann::json&);

/// Reads JSON text, bounded in length and depth. Never throws: text that is not valid JSON becomes a discarded value,
/// which the encoder rejects by field name.
SLUICE_API nlohmann::json json_from_wire(std::string_view);

} // namespace sluice
