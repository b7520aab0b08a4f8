#include "core/config/redis_url.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <vector>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "core/config/endpoint.hpp"
#include "core/config/redis_nodes.hpp"
#include "core/config/url_host.hpp"

namespace sluice {

namespace {

using boost::urls::url_view;
// What a part of the URL must be, if it is not.
using problem = std::optional<std::string>;

std::string_view scheme_of(std::string_view text) {
  const auto end = text.find("://");
  return end == std::string_view::npos ? std::string_view{} : text.substr(0, end);
}

// The characters that separate the parts of a URL end a password too early.
error bad_redis_url(const std::string& text, std::string message) {
  if (text.find('@') != std::string::npos)
    message += "; a password with one of @ : / ? # % must be percent-encoded, as in p%40ss for p@ss";
  return {errc::invalid_option, "persistence", std::move(message)};
}

bool is_path(const std::string& text) {
  return text.size() > 1 && text.front() == '/' && text.find('\0') == std::string::npos;
}

bool read_db(std::string_view text, int& db) {
  const auto [end, why] = std::from_chars(text.data(), text.data() + text.size(), db);
  return why == std::errc{} && end == text.data() + text.size() && db >= 0;
}

problem read_socket(const url_view& url, redis_options& to) {
  const std::string path = url.path();
  // What stands where a host would is the begin of a password with a slash, and would become a part of the path.
  if (!url.host_address().empty() || url.has_port() || !is_path(path))
    return "must name the path of a socket, as in redis+unix:///run/redis.sock";
  to.unix_socket = path;
  to.sentinel = {};
  to.cluster = {};
  return std::nullopt;
}

problem read_host(const url_view& url, std::string_view text, redis_options& to) {
  to.unix_socket.clear();
  to.sentinel = {};
  to.cluster = {};
  to.host = url.host_address();
  const std::string port{url.port()}, path = url.path();
  const bool valid = !url.has_port() || is_port(port);
  to.port = url.has_port() && valid ? std::stoi(port) : redis_options{}.port;
  if (to.host.empty() || !valid)
    return "must name a host, and a port from 1 to 65535 or none";
  if (!has_usable_host(url, text))
    return usable_host;
  if (path.size() > 1 && !read_db(std::string_view{path}.substr(1), to.db))
    return "must end with the number of a database, as in redis://host/0";
  return std::nullopt;
}

problem read_sentinels(const url_view& url, std::string_view list, redis_options& to) {
  if (const auto nodes = parse_redis_nodes(list, sentinel_nodes); !nodes)
    return nodes.error().message;
  std::vector<std::string> parts;
  for (const auto& part : url.segments())
    parts.emplace_back(part);
  if (parts.empty() || parts.size() > 2 || !is_master_name(parts[0]) ||
      (parts.size() == 2 && !read_db(parts[1], to.db)))
    return "must end with the name of the master, of letters, digits, hyphens, underscores and dots, and the number of "
           "a database or none, as in redis+sentinel://host/mymaster/0";
  to.unix_socket.clear();
  to.cluster = {};
  to.sentinel.nodes = list;
  to.sentinel.master = parts[0];
  return std::nullopt;
}

problem read_cluster(const url_view& url, std::string_view list, redis_options& to) {
  if (const auto nodes = parse_redis_nodes(list, cluster_nodes); !nodes)
    return nodes.error().message;
  const std::string path = url.path();
  if (!path.empty() && path != "/" && path != "/0")
    return "must end behind the hosts, or with /0, as in redis+cluster://host1,host2; a Redis Cluster has one database";
  to.unix_socket.clear();
  to.sentinel = {};
  to.db = 0;
  to.cluster.nodes = list;
  return std::nullopt;
}

// Returns where the hosts of a URL stand in it: behind the user and the password.
std::pair<std::size_t, std::size_t> host_range(std::string_view text) {
  auto begin = text.find("://") + 3;
  const auto end = std::min(text.find_first_of("/?#", begin), text.size());
  if (const auto at = text.find('@', begin); at < end)
    begin = at + 1;
  return {begin, end};
}

} // namespace

bool is_redis_url(std::string_view text) {
  constexpr std::array<std::string_view, 7> schemes{
      "redis", "rediss", "redis+unix", "redis+sentinel", "rediss+sentinel", "redis+cluster", "rediss+cluster"};
  return std::find(schemes.begin(), schemes.end(), scheme_of(text)) != schemes.end();
}

result<redis_options> parse_redis_url(const std::string& text, redis_options to) {
  const auto scheme = scheme_of(text);
  const bool is_socket = scheme == "redis+unix", has_sentinels = scheme.ends_with("+sentinel"),
             is_cluster = scheme.ends_with("+cluster");
  const auto [hosts, path] = host_range(text);
  // Boost.URL reads no list of hosts, so that one name stands for it.
  const auto plain = has_sentinels || is_cluster ? text.substr(0, hosts) + "hosts" + text.substr(path) : text;
  const auto url = boost::urls::parse_uri(plain);
  if (!url || url->has_fragment())
    return bad_redis_url(text, std::string{"must be "} + redis_url_forms);
  if (url->has_userinfo())
    to.username = url->user();
  if (url->has_password())
    to.password = url->password();
  if (scheme.starts_with("rediss"))
    to.tls.enabled = true;
  const auto list = std::string_view{text}.substr(hosts, path - hosts);
  const auto wrong = is_socket       ? read_socket(*url, to)
                     : has_sentinels ? read_sentinels(*url, list, to)
                     : is_cluster    ? read_cluster(*url, list, to)
                                     : read_host(*url, text, to);
  if (wrong)
    return bad_redis_url(text, *wrong);
  for (const auto& [key, value, has_value] : url->params())
    if (!is_socket || key != "db" || !has_value || !read_db(value, to.db))
      return bad_redis_url(text, "has an unknown query parameter; redis+unix takes ?db=N");
  return to;
}

} // namespace sluice
