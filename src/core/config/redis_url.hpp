#pragma once

#include <string>
#include <string_view>

#include "sluice/options.hpp"

namespace sluice {

/// The forms of a Redis URL, as an error lists them.
inline constexpr const char* redis_url_forms =
    "redis://[user[:password]@]host[:port][/db], redis+unix:///path[?db=N], "
    "redis+sentinel://[user[:password]@]host[:port],host[:port].../master[/db] or "
    "redis+cluster://[user[:password]@]host[:port],host[:port]..., "
    "and rediss://, rediss+sentinel:// or rediss+cluster:// for TLS";

/// Returns whether the text begins with a scheme of Redis.
bool is_redis_url(std::string_view text);

/// Reads a Redis URL, whose parts take precedence over the options. Errors: `invalid_option` for `persistence`, never
/// with text that may contain a password.
result<redis_options> parse_redis_url(const std::string& text, redis_options);

} // namespace sluice
