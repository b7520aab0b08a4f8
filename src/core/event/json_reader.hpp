#pragma once

#include <string_view>

#include <nlohmann/json.hpp>

#include "sluice/error.hpp"

namespace sluice {

/// Parses JSON text from outside: at most `max_bytes`, nested at most `max_depth` (`json_writer.hpp`) deep inside of
/// `around` levels, with numbers that keep their digits. An event is one level around its fields. Nothing is built
/// beyond the first error. Errors: `too_large`, `too_deep`, `invalid_json`, `invalid_utf8`, and `invalid_number` with
/// the path of the field.
result<nlohmann::json> read_json(std::string_view text, std::size_t max_bytes, std::size_t around = 1);

} // namespace sluice
