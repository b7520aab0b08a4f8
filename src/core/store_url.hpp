#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "sluice/error.hpp"

namespace sluice {

struct memory_url {};
struct sqlite_url {
  std::string path{};
};

/// What the option `persistence` names.
using store_url = std::variant<memory_url, sqlite_url>;

/// Reads `memory` or `sqlite:PATH`. Errors: `invalid_option`.
result<store_url> parse_store_url(std::string_view text);

} // namespace sluice
