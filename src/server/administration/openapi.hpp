#pragma once

#include <nlohmann/json.hpp>

namespace sluice {

/// Returns the description of the administration's interface (OpenAPI 3.1).
const nlohmann::ordered_json& openapi_json();

/// Returns the schemas that it refers to.
nlohmann::ordered_json openapi_schemas();

} // namespace sluice
