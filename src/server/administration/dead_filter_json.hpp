#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/persistence/dead_filter.hpp"

namespace sluice {

/// Sets the condition of a filter that has this name in a query: `status`, `reason`, `older_than_ms`,
/// `younger_than_ms`, `event`, `user`, or `id`, which adds one. Returns whether there is such a condition. Errors:
/// `invalid_option`, with the name as the field.
result<bool> set_condition(dead_filter&, std::string_view name, const std::string& value);

/// Reads a filter of a request body: an object with the same names, and `ids` for an array of them. Errors: as above.
result<dead_filter> filter_of(const nlohmann::json&);

/// Returns the filter as such an object, with the conditions that it has.
nlohmann::ordered_json json_of(const dead_filter&);

/// Reads a whole number of a query. Errors: `invalid_option`, with the name as the field.
result<std::int64_t> whole_number(std::string_view name, const std::string& text, std::int64_t low, std::int64_t high);

/// Reads a query, as in `a=1&b=x%20y`. Errors: `invalid_option` for what is not encoded so.
result<std::vector<std::pair<std::string, std::string>>> read_query(std::string_view text);

/// Returns text from a query or a path without its `%XX`. Errors: `invalid_option`.
result<std::string> decode_percent(std::string_view text);

} // namespace sluice
