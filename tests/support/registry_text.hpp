#pragma once

#include <string>

#include "sluice/detail/caf_compat.hpp"

#if __has_include(<caf/telemetry/collector/prometheus.hpp>)
#  include <caf/telemetry/collector/prometheus.hpp>
#endif

namespace sluice::test {

/// The metrics in the registry of an actor system as CAF exports them; empty where CAF has none.
inline std::string registry_text([[maybe_unused]] caf::actor_system& system) {
#if __has_include(<caf/telemetry/collector/prometheus.hpp>)
  caf::telemetry::collector::prometheus collector;
  return std::string{collector.collect_from(system.metrics())};
#else
  return {};
#endif
}

} // namespace sluice::test
