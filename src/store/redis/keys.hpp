#pragma once

#include <array>
#include <string>
#include <string_view>

#include "sluice/options.hpp"

namespace sluice {

/// The version of what stands there.
inline constexpr std::string_view redis_schema = "5";

/// The keys of a partition of a queue in Redis. All begin with its name in braces, which keep them on one node of a
/// cluster.
class redis_keys {
public:
  explicit redis_keys(const queue_options&, std::size_t partition = 0);

  /// What they begin with: `{prefix:name}`, or `{prefix:name:1}` and so on in the partitions behind the first.
  const std::string& queue() const noexcept { return queue_; }
  /// Those that every script is given, as `prelude.lua` numbers them.
  const std::array<std::string, 17>& of_scripts() const noexcept { return of_scripts_; }
  /// The sorted set of the ready batches, by place.
  const std::string& ready() const noexcept { return of_scripts_[0]; }
  /// The sorted set of the dead letters, by time of death.
  const std::string& dead() const noexcept { return of_scripts_[3]; }
  /// The hash with the schema, the partition, the destination and the pause.
  const std::string& ctl() const noexcept { return of_scripts_[6]; }
  /// The sorted set of batches that are gone, and whose payloads are still there.
  const std::string& garbage() const noexcept { return of_scripts_[16]; }
  /// The payload of a batch.
  std::string body(std::string_view id) const;

private:
  std::string queue_;
  std::array<std::string, 17> of_scripts_;
};

} // namespace sluice
