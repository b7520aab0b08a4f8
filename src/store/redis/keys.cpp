#include "store/redis/keys.hpp"

namespace sluice {

redis_keys::redis_keys(const queue_options& o, std::size_t partition)
    : queue_{"{" + o.prefix + ":" + o.name + (partition == 0 ? "" : ":" + std::to_string(partition)) + "}"},
      of_scripts_{"ready", "lease",     "retry", "dead",   "m",        "stat",   "ctl",    "split",  "incarnations",
                  "seen",  "elsewhere", "owner", "owners", "sessions", "health", "leases", "garbage"} {
  for (auto& key : of_scripts_)
    key.insert(0, queue_ + ":");
}

std::string redis_keys::body(std::string_view id) const {
  return (queue_ + ":b:").append(id);
}

} // namespace sluice
