#include "core/config/store_url.hpp"

#include <string_view>

#include "core/config/redis_url.hpp"

namespace sluice {

namespace {

// Returns whether it is shown in an error: a path, and nothing that may contain a password.
bool is_like_a_path(std::string_view text) {
  return !text.empty() && text.size() <= 256 && text.find_first_of(":@") == std::string_view::npos;
}

} // namespace

result<store_url> parse_store_url(const options& o) {
  const std::string_view text = o.persistence;
  constexpr std::string_view sqlite = "sqlite:";
  if (text == "memory")
    return store_url{memory_url{}};
  if (text == "redis")
    return store_url{o.redis};
  if (text.starts_with(sqlite) && text.size() > sqlite.size())
    return store_url{sqlite_url{std::string{text.substr(sqlite.size())}}};
  if (is_redis_url(text)) {
    auto redis = parse_redis_url(o.persistence, o.redis);
    return redis ? result<store_url>{store_url{std::move(*redis)}} : redis.error();
  }
  const auto hint = is_like_a_path(text) ? "; did you mean sqlite:" + o.persistence + "?" : "";
  return error{errc::invalid_option, "persistence",
               std::string{"must be memory, sqlite:PATH, redis, "} + redis_url_forms + hint};
}

} // namespace sluice
