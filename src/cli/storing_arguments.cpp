#include "cli/storing_arguments.hpp"

#include "cli/duration_option.hpp"

namespace sluice {

void storing_arguments::add_to(CLI::App& command, options& settings) {
  command
      .add_option("--durability", durability_,
                  "What a queue in a file survives: a power loss (full) or a kill (normal)")
      ->check(CLI::IsMember({"full", "normal"}))
      ->default_str("full");
  command
      .add_option("--redis-ack", redis_ack_,
                  "When Redis has stored a batch: once it is in memory, or synced to disk (fsync)")
      ->check(CLI::IsMember({"memory", "fsync"}))
      ->default_str("memory");
  command
      .add_option("--wait-replicas", settings.redis.wait_replicas,
                  "Replicas of Redis that must have a batch before it counts as stored")
      ->capture_default_str();
  add_duration_option(command, "--redis-timeout", settings.redis.command, plain_unit::ms,
                      "The deadline of a round trip to Redis; half of it for --redis-ack fsync and --wait-replicas");
}

void storing_arguments::complete(options& settings) const {
  if (!durability_.empty())
    settings.sqlite.durability = durability_ == "normal" ? sqlite_durability::normal : sqlite_durability::full;
  if (!redis_ack_.empty())
    settings.redis.ack = redis_ack_ == "fsync" ? redis_ack::fsync : redis_ack::memory;
}

} // namespace sluice
