#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sluice/error.hpp"

namespace sluice {

/// The port of a Sentinel that says none.
inline constexpr int sentinel_port = 26'379;

/// A server that is named by `host[:port]`.
struct redis_node {
  /// A name, or an address without brackets.
  std::string host{};
  int port = 0;
};

/// Reads a list `host[:port],…` of 1 to 32 servers, IPv6 addresses in brackets. Errors: `invalid_option` for
/// `redis.sentinel.nodes`, without text of the list.
result<std::vector<redis_node>> parse_redis_nodes(std::string_view list, int default_port);

/// Returns whether Sentinels can watch a master of this name: letters, digits, hyphens, underscores and dots.
bool is_master_name(std::string_view text);

} // namespace sluice
