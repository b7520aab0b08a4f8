#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "core/intake/intake.hpp"
#include "core/metrics/meters.hpp"
#include "sluice/options.hpp"
#include "sluice/store.hpp"
#include "sluice/transport.hpp"

namespace sluice {

struct serving;

/// What every actor is given by the composition root, and again by the supervisor when the destination changes. It is
/// read-only, except for the intake, which locks, and the store, which only the persister uses.
struct actor_context {
  options settings;
  std::shared_ptr<sluice::intake> intake;
  /// Outlives every persister.
  std::shared_ptr<store> queue;
  transport_factory transport;
  std::shared_ptr<sluice::meters> meters = std::make_shared<sluice::meters>();
  /// Wall time, for what is written down; timers use the actor system's clock.
  std::function<std::chrono::system_clock::time_point()> clock;
  /// Seeds the jitter.
  std::uint64_t seed = 0;
  /// Begins every batch id of this process.
  std::string incarnation;
  /// The destination has changed since the store was opened: the persister must redirect the queue.
  bool redirected = false;
  /// What the server is made of; null: there is none. It outlives every server.
  std::shared_ptr<serving> server{};
  /// Whether the persister gets a thread of its own. False under a simulated clock, which has no threads.
  bool detach_persister = true;

  void log(log_level level, const std::string& line) const noexcept {
    try {
      if (settings.log)
        settings.log(level, line);
    } catch (...) { // A log function that throws loses its line, and nothing else.
    }
  }
  store_time now() const { return std::chrono::time_point_cast<std::chrono::milliseconds>(clock()); }
};

using context_ptr = std::shared_ptr<const actor_context>;

} // namespace sluice
