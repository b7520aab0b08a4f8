#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sluice/error.hpp"

namespace sluice {

/// What a list of servers is: the option that holds it, and the port of a server that says none.
struct redis_node_list {
  const char* option;
  int default_port;
};
inline constexpr redis_node_list sentinel_nodes{.option = "redis.sentinel.nodes", .default_port = 26'379};
inline constexpr redis_node_list cluster_nodes{.option = "redis.cluster.nodes", .default_port = 6'379};

/// A server that is named by `host[:port]`.
struct redis_node {
  /// A name, or an address without brackets.
  std::string host{};
  int port = 0;
};

/// Reads a list `host[:port],…` of 1 to 32 servers, IPv6 addresses in brackets. Errors: `invalid_option` for
/// the option, without text of the list.
result<std::vector<redis_node>> parse_redis_nodes(std::string_view list, const redis_node_list&);

/// Returns whether Sentinels can watch a master of this name: letters, digits, hyphens, underscores and dots.
bool is_master_name(std::string_view text);

} // namespace sluice
