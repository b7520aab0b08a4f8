#pragma once

#include <memory>
#include <string>
#include <vector>

#include "support/redis_server.hpp"

namespace sluice::test {

/// A real Redis Cluster on free ports of 127.0.0.1: masters that share the slots evenly, each with so many replicas. A
/// master that is silent for a second is replaced by one of them.
class redis_cluster {
public:
  /// `more`: arguments of every server, as for `redis_server`. Comes back when all of it is ready.
  explicit redis_cluster(std::size_t masters, std::size_t replicas = 0, const std::vector<std::string>& more = {});

  std::size_t size() const noexcept { return servers_.size(); }
  /// The masters, then the replicas: those of the first master, of the second, …
  redis_server& server(std::size_t i) { return *servers_[i]; }
  /// As the option `redis.cluster.nodes` has them.
  std::string nodes() const;
  /// The server that serves the slot of a key now; null if none does.
  redis_server* serving(const std::string& key);
  /// Whether a replica takes the place of its master: yes, until it is told otherwise.
  void allow_failover(bool allowed) const;

  /// Moves a slot and its keys to another master in parts: says where it goes, moves some of its keys, says that it is
  /// there.
  void begin_move(const std::string& slot, const redis_server& from, const redis_server& to) const;
  void move_keys(const std::vector<std::string>& keys, const redis_server& from, const redis_server& to) const;
  void end_move(const std::string& slot, const redis_server& from, const redis_server& to) const;
  /// All of that.
  void hand_over(const std::string& slot, const redis_server& from, const redis_server& to) const;
  /// The same. Comes back when every server knows it: before, a replica of the new master could not take its place.
  void move(const std::string& slot, const redis_server& from, const redis_server& to) const;

private:
  std::vector<std::unique_ptr<redis_server>> servers_;
};

} // namespace sluice::test
