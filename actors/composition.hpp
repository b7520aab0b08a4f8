#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "sluice/analytics.hpp"

namespace sluice {

/// What a simulation puts in the place of the machine that the system runs on. Empty members mean the real one.
struct simulated_machine {
  /// Wall time.
  std::function<std::chrono::system_clock::time_point()> clock{};
  /// Seeds the jitter of retries and the ids of batches, so that no two processes may have the same. 0: from the
  /// operating system.
  std::uint64_t seed = 0;
  /// False: the persister gets no thread of its own.
  bool detach_persister = true;
};

/// The composition root: puts the parts together and starts the actors.
struct composition {
  /// As `spawn_analytics`, on another machine.
  static boost::system::result<analytics, std::vector<error>> spawn(caf::actor_system&, const options&, extensions,
                                                                    simulated_machine = {});
  /// The intake of a running system.
  static const std::shared_ptr<intake>& intake_of(const analytics& running) { return running.intake_; }
  /// The key that it was started with.
  static const std::string& write_key_of(const analytics& running) { return running.write_key_; }
  /// Where its lines go: to the option `log`, or to the logger of the actor system.
  static const log_hook& log_of(const analytics& running) { return running.log_; }
};

} // namespace sluice
