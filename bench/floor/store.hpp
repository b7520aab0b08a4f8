#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "harness/places.hpp"

namespace sluice::bench {

/// The floor's store: it sends the same commands as the library.
class floor_store {
public:
  virtual ~floor_store() = default;

  /// Removes the previous batch, which is delivered, and stores this one, leased, in one round trip.
  virtual void put(const std::string& id, std::size_t events, const std::string& body) = 0;
  /// Removes the last batch.
  virtual void finish() = 0;
};

std::unique_ptr<floor_store> make_floor_redis(std::uint16_t port);
std::unique_ptr<floor_store> make_floor_sqlite(const std::string& path);
std::unique_ptr<floor_store> make_floor_store(store_kind, const std::string& persistence, places&);

} // namespace sluice::bench
