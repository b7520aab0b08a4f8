#include "support/catch.hpp"

#include "core/config/redis_nodes.hpp"

using namespace sluice;

namespace {

std::vector<std::string> nodes_of(const std::string& list) {
  std::vector<std::string> shown;
  const auto nodes = parse_redis_nodes(list, sentinel_nodes);
  REQUIRE(nodes);
  for (const auto& node : *nodes)
    shown.push_back(node.host + " " + std::to_string(node.port));
  return shown;
}

std::string list_of(int n) {
  std::string list = "s0";
  for (int i = 1; i < n; ++i)
    list += ",s" + std::to_string(i);
  return list;
}

} // namespace

TEST_CASE("a list of nodes has names and addresses, each with its port or the default", "[core][redis_nodes]") {
  CHECK(nodes_of("a.example.com") == std::vector<std::string>{"a.example.com 26379"});
  CHECK(nodes_of("a:1,10.0.0.2:65535,[2001:db8::1]:26380,[::1],b") ==
        std::vector<std::string>{"a 1", "10.0.0.2 65535", "2001:db8::1 26380", "::1 26379", "b 26379"});
  CHECK(parse_redis_nodes("a", cluster_nodes)->at(0).port == 6379);
  CHECK(parse_redis_nodes("", cluster_nodes).error().field == "redis.cluster.nodes");
}

TEST_CASE("a list of nodes is refused with the place of the node that is wrong", "[core][redis_nodes]") {
  for (const char* node : {"", ":1", "a:", "a:0", "a:65536", "a:b", "::1", "[::1", "a b", "a%00b", "a/1", "a?b", "a#b",
                           "u@a", ":secret@a", "127.0.0.1.example.com/"}) {
    INFO(node);
    const auto nodes = parse_redis_nodes("good," + std::string{node} + ",good", sentinel_nodes);
    REQUIRE(!nodes);
    CHECK(nodes.error().field == "redis.sentinel.nodes");
    CHECK(nodes.error().message ==
          "must be a list host[:port],host[:port]...; node 2 must name a host of letters, digits, "
          "hyphens, underscores and dots, or an address, and a port from 1 to 65535 or none");
  }
  for (const char* list : {"", ",", "a,", ",a"})
    CHECK(!parse_redis_nodes(list, sentinel_nodes));
}

TEST_CASE("a list of nodes has at most 32", "[core][redis_nodes]") {
  CHECK(nodes_of(list_of(32)).size() == 32);
  const auto nodes = parse_redis_nodes(list_of(33), sentinel_nodes);
  REQUIRE(!nodes);
  CHECK(nodes.error().message == "must be a list host[:port],host[:port]... of at most 32 nodes");
}
