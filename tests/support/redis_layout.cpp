#include "support/redis_layout.hpp"

#include <set>

#include "support/catch.hpp"

namespace sluice::test {

void check_layout(const redis_server& server) {
  const std::set<std::string> known{"m",    "ready", "lease", "retry",  "dead",
                                    "stat", "ctl",   "owner", "owners", "sessions"};
  std::size_t bodies = 0, placed = 0;
  for (const auto& key : server.keys()) {
    INFO(key);
    REQUIRE(key.compare(0, queue_name.size() + 1, queue_name + ":") == 0);
    const auto name = key.substr(queue_name.size() + 1);
    if (name.compare(0, 2, "b:") != 0) {
      CHECK(known.count(name) == 1);
      continue;
    }
    ++bodies;
    CHECK(server.command({"TTL", key}) == "-1");
  }
  for (const char* set : {"ready", "lease", "retry", "dead"})
    placed += std::stoul(server.command({"ZCARD", queue_name + ":" + set}));
  CHECK(placed == bodies);
  CHECK(placed == std::stoul(server.command({"HLEN", queue_name + ":m"})));
}

} // namespace sluice::test
