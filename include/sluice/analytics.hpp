#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sluice/actors.hpp"
#include "sluice/export.hpp"
#include "sluice/options.hpp"
#include "sluice/store.hpp"
#include "sluice/transport.hpp"

namespace sluice {

class intake;

/// The running system. Handles may be copied and shared; they stay valid until the system stops. The actor system ends
/// only when all its actors have: send `shutdown` to `supervisor` before you leave, or use a `client`.
struct analytics {
  /// Where track messages go.
  buffer_actor buffer;
  /// Flush aside, everything else: `shutdown`, `subscribe`, `get_stats`, …
  analytics_actor supervisor;
  /// For `client`.
  std::shared_ptr<sluice::intake> intake;
  std::size_t max_event_bytes = 0;
};

/// What a host may put in the place of the built-in parts. Empty members mean the built-in ones.
struct extensions {
  /// Where batches wait; default: what the option `persistence` says.
  std::unique_ptr<store> queue;
  /// How batches travel; default: HTTP to `data_plane_url`.
  transport_factory transport;
  /// Wall time. For simulations.
  std::function<std::chrono::system_clock::time_point()> clock;
  /// Seeds the jitter of retries and the ids of batches, so that no two processes may have the same. For simulations;
  /// 0: from the operating system.
  std::uint64_t seed = 0;
  /// False: the persister gets no thread of its own. For simulations.
  bool detach_persister = true;
};

/// Starts the system: five actors and their supervisor. Gives the handles at once, or everything that is wrong with
/// the options or keeps the queue from being opened; then nothing was started. The actor system must have been
/// configured with `configure`
/// (`config.hpp`).
SLUICE_API boost::system::result<analytics, std::vector<option_error>>
spawn_analytics(caf::actor_system& system, const options& settings, extensions parts = {});

/// Lets other processes send events to the buffer, at `port` (0: one that is free), through a relay that takes nothing
/// but events and `flush`. The actor system needs CAF's I/O module (`load<caf::io::middleman>()`). Binds the
/// loopback address unless told otherwise: there is no authentication. Gives the port.
SLUICE_API result<std::uint16_t> publish(caf::actor_system& system, const analytics& running, std::uint16_t port,
                                         const std::string& address = "127.0.0.1");

} // namespace sluice
