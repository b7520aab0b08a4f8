#pragma once

#include <string>
#include <variant>

#include "sluice/options.hpp"

namespace sluice {

struct memory_url {};
struct sqlite_url {
  std::string path{};
};

/// The store that the options `persistence` and `redis` name.
using store_url = std::variant<memory_url, sqlite_url, redis_options>;

/// Reads the two options. Errors: `invalid_option`, never with text that may contain a password.
result<store_url> parse_store_url(const options&);

} // namespace sluice
