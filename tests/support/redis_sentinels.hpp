#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "support/process.hpp"

namespace sluice::test {

/// Real Sentinels on free ports of 127.0.0.1 that watch a master under the name `mymaster`. A master that is silent for
/// half a second is replaced. Ended when they go out of scope.
class redis_sentinels {
public:
  /// `more`: lines of their configuration. Comes back when each answers.
  explicit redis_sentinels(std::uint16_t master, std::size_t count = 1, const std::vector<std::string>& more = {});

  /// As the option `redis.sentinel.nodes` has them.
  std::string nodes() const;
  std::uint16_t port(std::size_t i) const { return ports_[i]; }
  /// The port of the master.
  std::uint16_t master() const;
  /// Whether they know one another and `replicas`, so that they can replace the master.
  bool are_ready(std::size_t replicas) const;

private:
  temporary_folder folder_;
  std::vector<std::uint16_t> ports_;
  std::vector<std::unique_ptr<process>> processes_;
};

} // namespace sluice::test
