#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include <poll.h>

#include "floor/batch.hpp"
#include "harness/places.hpp"

namespace sluice::bench {

/// Whose commands the floor sends to Redis.
enum class floor_commands {
  own,  ///< The scripts of this library.
  plain ///< What one would write by hand.
};

/// The floor's store.
class floor_store {
public:
  virtual ~floor_store() = default;

  /// Begins to remove delivered batches and to store new ones, in one round trip or transaction. The one before must be
  /// done, and both live until this one is. Returns whether it is done already.
  virtual bool begin(const std::vector<floor_batch>& delivered, const std::vector<floor_batch>& fresh) = 0;
  /// Goes on without waiting. Returns whether it is done.
  virtual bool go_on() { return true; }
  /// What it waits for while it is not done.
  virtual pollfd waits_for() const { return {-1, 0, 0}; }
  /// Returns how much is in it, of whatever a batch leaves there.
  virtual std::size_t left() = 0;
};

std::unique_ptr<floor_store> make_floor_memory();
std::unique_ptr<floor_store> make_floor_sqlite(const std::string& path);
std::unique_ptr<floor_store> make_floor_redis(std::uint16_t port);
std::unique_ptr<floor_store> make_floor_plain_redis(std::uint16_t port);
/// Makes a store in a new, empty queue.
std::unique_ptr<floor_store> make_floor_store(store_kind, floor_commands, places&);

} // namespace sluice::bench
