#include "support/redis_layout.hpp"

#include <set>
#include <sstream>

#include "support/catch.hpp"

namespace sluice::test {

namespace {

// In one call, so that nothing moves meanwhile: how many bodies, of them with a TTL, batches in a state, records; then
// every other key.
constexpr const char* snapshot = R"lua(
local q, bodies, expiring, placed, others = ARGV[1], 0, 0, 0, {}
for _, key in ipairs(redis.call('KEYS', '*')) do
  if string.sub(key, 1, #q + 3) == q .. ':b:' then
    bodies = bodies + 1
    expiring = expiring + (redis.call('TTL', key) == -1 and 0 or 1)
  else
    others[#others + 1] = key
  end
end
for _, set in ipairs({'ready', 'lease', 'retry', 'dead'}) do
  placed = placed + redis.call('ZCARD', q .. ':' .. set)
end
return {bodies, expiring, placed, redis.call('HLEN', q .. ':m'), others}
)lua";

} // namespace

void check_layout(const redis_server& server) {
  std::istringstream answer{server.command({"EVAL", snapshot, "0", queue_name})};
  std::size_t bodies = 0, expiring = 1, placed = 1, records = 2;
  REQUIRE(answer >> bodies >> expiring >> placed >> records);
  CHECK(expiring == 0);
  CHECK(placed == bodies);
  CHECK(records == bodies);
  const std::set<std::string> known{"m",    "ready", "lease", "retry",  "dead",
                                    "stat", "ctl",   "owner", "owners", "sessions"};
  for (std::string key; answer >> key;) {
    INFO(key);
    REQUIRE(key.compare(0, queue_name.size() + 1, queue_name + ":") == 0);
    CHECK(known.count(key.substr(queue_name.size() + 1)) == 1);
  }
}

} // namespace sluice::test
