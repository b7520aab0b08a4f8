#include "support/redis_layout.hpp"

#include <algorithm>
#include <set>
#include <sstream>

#include "support/catch.hpp"

namespace sluice::test {

namespace {

// In one call, so that nothing moves meanwhile: how many bodies, of them with a TTL, batches in a state, records,
// wholes whose parts are not counted as they are, batches in flight that are not among those of their process, or the
// other way round; then every other key.
constexpr const char* snapshot = R"lua(
local q, bodies, expiring, placed, others = ARGV[1], 0, 0, 0, {}
for _, key in ipairs(redis.call('KEYS', '*')) do
  if string.sub(key, 1, #q + 3) == q .. ':b:' then
    bodies = bodies + 1
    expiring = expiring + (redis.call('TTL', key) == -1 and 0 or 1)
  elseif string.sub(key, 1, #q + 1) == q .. ':' then
    others[#others + 1] = key
  end
end
for _, set in ipairs({'ready', 'lease', 'retry', 'dead'}) do
  placed = placed + redis.call('ZCARD', q .. ':' .. set)
end
local parts, wrong = {}, 0
local wrong_leases = math.abs(redis.call('ZCARD', q .. ':lease') - redis.call('ZCARD', q .. ':leases'))
local records = redis.call('HGETALL', q .. ':m')
for i = 1, #records, 2 do
  local state, _, _, _, _, events, _, _, _, owner = cmsgpack.unpack(records[i + 1])
  if state == 'in_flight' and not redis.call('ZSCORE', q .. ':leases', owner .. ' ' .. records[i]) then
    wrong_leases = wrong_leases + 1
  end
  for dot in string.gmatch(records[i], '()%.') do
    local whole = string.sub(records[i], 1, dot - 1)
    parts[whole] = parts[whole] or {0, 0}
    local kind = state == 'dead' and 2 or 1
    parts[whole][kind] = parts[whole][kind] + tonumber(events)
  end
end
local split = redis.call('HGETALL', q .. ':split')
for i = 1, #split, 2 do
  local found = parts[split[i]] or {0, 0}
  wrong = wrong + (split[i + 1] == found[1] .. ' ' .. found[2] and 0 or 1)
  parts[split[i]] = nil
end
for _ in pairs(parts) do
  wrong = wrong + 1
end
return {bodies, expiring, placed, redis.call('HLEN', q .. ':m'), wrong, wrong_leases, others}
)lua";

void check_partition(const redis_server& server, const std::string& name) {
  std::istringstream answer{server.command({"EVAL", snapshot, "0", name})};
  std::size_t bodies = 0, expiring = 1, placed = 1, records = 2, wrong_wholes = 1, wrong_leases = 1;
  REQUIRE(answer >> bodies >> expiring >> placed >> records >> wrong_wholes >> wrong_leases);
  INFO(name);
  CHECK(expiring == 0);
  CHECK(placed == bodies);
  CHECK(records == bodies);
  CHECK(wrong_wholes == 0);
  CHECK(wrong_leases == 0);
  const std::set<std::string> known{"m",    "ready",     "lease",  "retry",    "dead",  "stat",
                                    "ctl",  "owner",     "owners", "sessions", "split", "incarnations",
                                    "seen", "elsewhere", "health", "leases"};
  for (std::string key; answer >> key;) {
    INFO(key);
    CHECK(known.count(key.substr(name.size() + 1)) == 1);
  }
}

// Those that have a key in this server; at least one. Every key must be of one.
std::set<std::string> partitions_in(const redis_server& server) {
  const auto stem = queue_name.substr(0, queue_name.size() - 1);
  std::set<std::string> partitions;
  for (const auto& key : server.keys()) {
    INFO(key);
    const auto name = key.substr(0, key.find('}') + 1);
    const auto number = name.substr(std::min(name.size(), stem.size()));
    REQUIRE(name.substr(0, stem.size()) == stem);
    REQUIRE((number == "}" || (number[0] == ':' && number.find_first_not_of("0123456789", 1) == number.size() - 1)));
    partitions.insert(name);
  }
  return partitions.empty() ? std::set{queue_name} : partitions;
}

} // namespace

std::string partition_name(std::size_t partition) {
  return partition == 0 ? queue_name
                        : queue_name.substr(0, queue_name.size() - 1) + ":" + std::to_string(partition) + "}";
}

void check_layout(const redis_server& server) {
  for (const auto& name : partitions_in(server))
    check_partition(server, name);
}

} // namespace sluice::test
