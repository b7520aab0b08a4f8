#pragma once

#include <cstdint>
#include <random>
#include <string>

namespace sluice {

/// Generates version-4 UUIDs. For use by one thread.
class uuid_source {
public:
  /// Seeds it from the operating system.
  uuid_source();
  explicit uuid_source(std::uint64_t seed) : random_{seed} {}

  /// Appends 36 bytes: `xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx`.
  void append(std::string& out);

  /// Returns a UUID as 32 hexadecimal digits.
  std::string hex();

private:
  std::mt19937_64 random_;
};

} // namespace sluice
