#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "harness/places.hpp"

namespace sluice::bench {

/// What the floor does with a store: what the library does, by hand.
class floor_store {
public:
  virtual ~floor_store() = default;

  /// Forgets the batch before, which has been delivered, and stores this one, leased, in one round trip.
  virtual void put(const std::string& id, std::size_t events, const std::string& body) = 0;
  /// Forgets the last batch.
  virtual void finish() = 0;
};

std::unique_ptr<floor_store> make_floor_redis(std::uint16_t port);
std::unique_ptr<floor_store> make_floor_sqlite(const std::string& path);
std::unique_ptr<floor_store> make_floor_store(store_kind, const std::string& persistence, places&);

} // namespace sluice::bench
