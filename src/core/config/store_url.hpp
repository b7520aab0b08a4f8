#pragma once

#include <string>
#include <variant>

#include "sluice/options.hpp"

namespace sluice {

struct memory_url {};
struct sqlite_url {
  std::string path{};
};

/// What the options `persistence` and `redis` name.
using store_url = std::variant<memory_url, sqlite_url, redis_options>;

/// Reads them. Errors: `invalid_option`; never holds the text, which may have a password in it.
result<store_url> parse_store_url(const options&);

} // namespace sluice
