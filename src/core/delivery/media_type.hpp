#pragma once

#include <string_view>

namespace sluice {

/// Returns whether the value of a `Content-Type` header is `application/json`, or a type that ends in `+json`.
bool is_json(std::string_view content_type);

} // namespace sluice
