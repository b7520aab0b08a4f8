#include "core/config/redis_nodes.hpp"

#include <algorithm>
#include <optional>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "core/config/endpoint.hpp"
#include "core/config/url_host.hpp"

namespace sluice {

namespace {

constexpr std::size_t max_nodes = 32;

std::optional<redis_node> parse_node(std::string_view node, int default_port) {
  const auto text = "redis://" + std::string{node};
  const auto url = boost::urls::parse_uri(text);
  if (!url || url->has_userinfo() || !url->encoded_path().empty() || url->has_query() || url->has_fragment() ||
      !has_usable_host(*url, text))
    return std::nullopt;
  const std::string port{url->port()};
  if (url->has_port() && !is_port(port))
    return std::nullopt;
  return redis_node{url->host_address(), url->has_port() ? std::stoi(port) : default_port};
}

error bad_list(const redis_node_list& list, const std::string& why) {
  return {errc::invalid_option, list.option, "must be a list host[:port],host[:port]..." + why};
}

} // namespace

result<std::vector<redis_node>> parse_redis_nodes(std::string_view list, const redis_node_list& about) {
  std::vector<redis_node> nodes;
  for (std::size_t begin = 0; begin <= list.size();) {
    const auto end = std::min(list.find(',', begin), list.size());
    auto node = parse_node(list.substr(begin, end - begin), about.default_port);
    if (!node)
      return bad_list(about, "; node " + std::to_string(nodes.size() + 1) + " " + usable_host +
                                 ", and a port from 1 to 65535 or none");
    if (nodes.size() == max_nodes)
      return bad_list(about, " of at most " + std::to_string(max_nodes) + " nodes");
    nodes.push_back(std::move(*node));
    begin = end + 1;
  }
  return nodes;
}

bool is_master_name(std::string_view text) {
  constexpr const char* allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
  return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

} // namespace sluice
