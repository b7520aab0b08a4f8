#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sluice/actors.hpp"
#include "sluice/export.hpp"
#include "sluice/options.hpp"
#include "sluice/store.hpp"
#include "sluice/transport.hpp"

namespace sluice {

class client;
class intake;

/// Owns the running system: destroying it shuts the system down. It must be destroyed before the actor system, and not
/// by an actor, because it waits. The two handles may be copied and shared; they stay valid until the system stops.
class SLUICE_API analytics {
public:
  analytics(analytics&&) noexcept;
  analytics& operator=(analytics&&) = delete;
  /// Shuts the system down within the option `shutdown_deadline`, unless that was done before.
  ~analytics();

  /// Rejects new events, delivers until `deadline` (zero: the option `shutdown_deadline`), stops every actor, and
  /// returns exact counts. Blocks; must not be called by an actor, which sends the message `shutdown` to `supervisor`
  /// instead. May be called by several threads: the soonest deadline applies. Errors: `closed` if the system has
  /// stopped.
  result<shutdown_report> shutdown(std::chrono::milliseconds deadline = std::chrono::milliseconds{0});

  /// Where track messages go, and `flush`.
  buffer_actor buffer;
  /// Takes everything else: `subscribe`, `get_stats`, `pause`, `set_destination`, `shutdown`, …
  analytics_actor supervisor;

private:
  friend client;
  friend struct composition;
  analytics(buffer_actor, analytics_actor, std::shared_ptr<intake>);

  std::shared_ptr<intake> intake_;
};

/// Parts that a host may supply. Empty members mean the built-in ones.
struct extensions {
  /// Where batches wait; default: what the option `persistence` says.
  std::unique_ptr<store> queue;
  /// How batches travel; default: HTTP to `data_plane_url`.
  transport_factory transport;
};

/// Starts the system: five actors and their supervisor. Returns its owner, or every reason why nothing was started:
/// `invalid_option` for each invalid option, or why the queue could not be opened (`queue_taken`, `not_a_queue`,
/// `other_destination`, `store_failed`). The actor system must have been configured with `configure` (`config.hpp`).
SLUICE_API boost::system::result<analytics, std::vector<error>>
spawn_analytics(caf::actor_system& system, const options& settings, extensions parts = {});

/// Lets other processes send events to the buffer, at `port` (0: one that is free), through a relay that takes nothing
/// but events and `flush`. The actor system needs CAF's I/O module (`load<caf::io::middleman>()`). Binds the
/// loopback address unless told otherwise: there is no authentication. Gives the port.
SLUICE_API result<std::uint16_t> publish(caf::actor_system& system, const analytics& running, std::uint16_t port,
                                         const std::string& address = "127.0.0.1");

} // namespace sluice
