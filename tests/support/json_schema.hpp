#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace sluice::test {

/// Checks a value against a schema of an OpenAPI document, as far as ours are written: `type`, `enum`, `required`,
/// `properties`, `additionalProperties`, `items`, `oneOf` and `$ref`. Returns where it does not fit; empty if it does.
std::string misfit(const nlohmann::ordered_json& value, const nlohmann::ordered_json& schema,
                   const nlohmann::ordered_json& document, const std::string& at = "");

} // namespace sluice::test
