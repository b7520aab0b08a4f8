// Store URLs, with an error that shows no password.
#include <string>

#include "core/config/redis_nodes.hpp"
#include "core/config/store_url.hpp"
#include "fuzz/input.hpp"
#include "fuzz/require.hpp"

using namespace sluice;

namespace {

void check(const redis_options& o) {
  require(o.db >= 0, "a database has a number");
  if (!o.unix_socket.empty())
    return require(o.unix_socket.starts_with('/') && o.unix_socket.find('\0') == std::string::npos,
                   "a socket is a path");
  require(o.port >= 1 && o.port <= 65'535, "a port is one");
  require(!o.host.empty() && is_visible(o.host), "a host is a name or an address");
}

void check_nodes(const std::string& text, const result<std::vector<redis_node>>& nodes) {
  require(nodes && !nodes->empty() && nodes->size() <= 32, "the nodes of a URL are some that can be used");
  for (const auto& node : *nodes) {
    require(node.port >= 1 && node.port <= 65'535, "a node has a port");
    require(!node.host.empty() && is_visible(node.host), "a node has a name or an address");
    require(is_host_in(text, node.host), "a node is one that was given");
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = with_password(std::string{text_of(data, size)});
  const auto url = parse_store_url({.persistence = text});
  if (!url) {
    require(url.error().code == errc::invalid_option, "an error is one of the option");
    require(text.find('@') == text.npos || url.error().message.find(password) == text.npos,
            "an error shows no password");
    return 0;
  }
  if (const auto* redis = std::get_if<redis_options>(&*url); redis && text != "redis") {
    check(*redis);
    const bool has_sentinels = !redis->sentinel.nodes.empty(), is_cluster = !redis->cluster.nodes.empty();
    require(has_sentinels == (text.find("+sentinel://") < text.find('/')), "a URL with Sentinels says so");
    require(redis->tls.enabled == text.starts_with("rediss"), "a URL with TLS says so");
    require(is_cluster == (text.find("+cluster://") < text.find('/')), "a URL of a cluster says so");
    require(!has_sentinels || is_master_name(redis->sentinel.master), "a master has a name");
    require(!is_cluster || redis->db == 0, "a cluster has one database");
    if (has_sentinels)
      check_nodes(text, parse_redis_nodes(redis->sentinel.nodes, sentinel_nodes));
    if (is_cluster)
      check_nodes(text, parse_redis_nodes(redis->cluster.nodes, cluster_nodes));
    require(has_sentinels || is_cluster || !redis->unix_socket.empty() || is_host_in(text, redis->host),
            "a host is the one that was given");
  }
  if (const auto* file = std::get_if<sqlite_url>(&*url))
    require("sqlite:" + file->path == text && !file->path.empty(), "a file has the path that was given");
  return 0;
}
