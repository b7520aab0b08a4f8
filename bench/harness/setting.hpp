#pragma once

#include <cstddef>
#include <string_view>

namespace sluice::bench {

enum class store_kind { memory, sqlite, redis };

constexpr std::string_view name_of(store_kind k) {
  constexpr std::string_view names[] = {"memory", "sqlite", "redis"};
  return names[static_cast<std::size_t>(k)];
}

/// One setting to compare.
struct setting {
  store_kind store = store_kind::memory;
  bool gzip = true;
  /// The events of a batch.
  std::size_t batch = 100;
};

} // namespace sluice::bench
