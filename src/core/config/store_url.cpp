#include "core/config/store_url.hpp"

#include <charconv>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "core/config/endpoint.hpp"
#include "core/config/url_host.hpp"

namespace sluice {

namespace {

constexpr std::string_view forms =
    "must be memory, sqlite:PATH, redis, redis://[user[:password]@]host[:port][/db] or redis+unix:///path[?db=N]";

error bad_url(std::string_view message) {
  return {errc::invalid_option, "persistence", std::string{message}};
}

// The characters that separate the parts of a URL end a password too early.
error bad_redis_url(const std::string& text, std::string message) {
  if (text.find('@') != std::string::npos)
    message += "; a password with one of @ : / ? # % must be percent-encoded, as in p%40ss for p@ss";
  return bad_url(message);
}

// Returns whether it is shown in an error: a path, and nothing that may contain a password.
bool is_like_a_path(std::string_view text) {
  return !text.empty() && text.size() <= 256 && text.find_first_of(":@") == std::string_view::npos;
}

bool is_path(const std::string& text) {
  return text.size() > 1 && text.front() == '/' && text.find('\0') == std::string::npos;
}

bool read_db(std::string_view text, int& db) {
  const auto [end, why] = std::from_chars(text.data(), text.data() + text.size(), db);
  return why == std::errc{} && end == text.data() + text.size() && db >= 0;
}

result<store_url> parse_redis_url(const std::string& text, redis_options to) {
  const auto url = boost::urls::parse_uri(text);
  if (!url || url->has_fragment())
    return bad_redis_url(text, std::string{forms});
  if (url->has_userinfo())
    to.username = url->user();
  if (url->has_password())
    to.password = url->password();
  const std::string path = url->path();
  const bool is_socket = url->scheme() == "redis+unix";
  if (is_socket) {
    // What stands where a host would is the begin of a password with a slash, and would become a part of the path.
    if (!url->host_address().empty() || url->has_port() || !is_path(path))
      return bad_redis_url(text, "must name the path of a socket, as in redis+unix:///run/redis.sock");
    to.unix_socket = path;
  } else {
    to.unix_socket.clear();
    to.host = url->host_address();
    const std::string port{url->port()};
    const bool valid = !url->has_port() || is_port(port);
    to.port = url->has_port() && valid ? std::stoi(port) : redis_options{}.port;
    if (to.host.empty() || !valid)
      return bad_redis_url(text, "must name a host, and a port from 1 to 65535 or none");
    if (!has_usable_host(*url, text))
      return bad_redis_url(text, usable_host);
    if (path.size() > 1 && !read_db(std::string_view{path}.substr(1), to.db))
      return bad_redis_url(text, "must end with the number of a database, as in redis://host/0");
  }
  for (const auto& [key, value, has_value] : url->params())
    if (!is_socket || key != "db" || !has_value || !read_db(value, to.db))
      return bad_redis_url(text, "has an unknown query parameter; redis+unix takes ?db=N");
  return store_url{std::move(to)};
}

} // namespace

result<store_url> parse_store_url(const options& o) {
  const std::string_view text = o.persistence;
  constexpr std::string_view sqlite = "sqlite:";
  if (text == "memory")
    return store_url{memory_url{}};
  if (text == "redis")
    return store_url{o.redis};
  if (text.substr(0, sqlite.size()) == sqlite && text.size() > sqlite.size())
    return store_url{sqlite_url{std::string{text.substr(sqlite.size())}}};
  if (text.substr(0, 8) == "redis://" || text.substr(0, 13) == "redis+unix://")
    return parse_redis_url(o.persistence, o.redis);
  if (text.substr(0, 9) == "rediss://")
    return bad_url("must not be rediss://: this version connects to Redis without TLS; use a tunnel or a Unix socket");
  const auto hint = is_like_a_path(text) ? "; did you mean sqlite:" + o.persistence + "?" : "";
  return bad_url(std::string{forms} + hint);
}

} // namespace sluice
