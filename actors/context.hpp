#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "core/intake/intake.hpp"
#include "sluice/options.hpp"
#include "sluice/store.hpp"
#include "sluice/transport.hpp"

namespace sluice {

/// What the composition root gives to every actor, and the supervisor in its place when the destination changes:
/// read-only, but for the intake, which locks, and the store, which only the persister touches.
struct actor_context {
  options settings;
  std::shared_ptr<sluice::intake> intake;
  /// Outlives every persister.
  std::shared_ptr<store> queue;
  transport_factory transport;
  /// Wall time, for what is written down; timers use the actor system's clock.
  std::function<std::chrono::system_clock::time_point()> clock;
  /// Seeds the jitter.
  std::uint64_t seed = 0;
  /// Begins every batch id of this process.
  std::string incarnation;
  /// The destination is another than the one that the store was opened for; it is to be told.
  bool redirected = false;
  /// False under a simulated clock, which has no threads.
  bool detach_persister = true;

  void log(log_level level, const std::string& line) const noexcept {
    try {
      if (settings.log)
        settings.log(level, line);
    } catch (...) { // it must not throw; if it does, that is the end of the line and of nothing else
    }
  }
  store_time now() const { return std::chrono::time_point_cast<std::chrono::milliseconds>(clock()); }
};

using context_ptr = std::shared_ptr<const actor_context>;

} // namespace sluice
