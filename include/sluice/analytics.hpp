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

/// Durable delivery of analytics events.
namespace sluice {

class client;
class intake;

/// Owns the running system: destroying it shuts the system down. Destroy it before the actor system, and not inside an
/// actor, because the destructor blocks. The two handles may be copied and shared; they stay valid until the system
/// stops.
class SLUICE_API analytics {
public:
  /// Takes the system over from another owner.
  analytics(analytics&&) noexcept;
  analytics& operator=(analytics&&) = delete;
  /// Shuts the system down within the option `shutdown_deadline`, unless it has been shut down already. Blocks.
  ~analytics();

  /// Rejects new events, delivers until `deadline` (zero: the option `shutdown_deadline`), stops every actor, and
  /// returns exact counts. Blocks, so an actor must send the message `shutdown` to `supervisor` instead. Several
  /// threads may call it: the soonest deadline applies. A store that hangs delays it by a second at most. Errors:
  /// `closed` if the system has stopped.
  result<shutdown_report> shutdown(std::chrono::milliseconds deadline = std::chrono::milliseconds{0});

  /// Takes events and `flush`.
  buffer_actor buffer;
  /// Takes all other messages: `subscribe`, `get_stats`, `pause`, `set_destination`, `shutdown`, …
  analytics_actor supervisor;

private:
  friend client;
  friend struct composition;
  analytics(buffer_actor, analytics_actor, std::shared_ptr<intake>, const options&);

  std::shared_ptr<intake> intake_;
  log_hook log_;
  std::string write_key_;
};

/// Parts that a host may supply. Sluice's own part is used for a member that is empty.
struct extensions {
  /// Where batches wait. Default: the store that the option `persistence` names.
  std::unique_ptr<store> queue;
  /// How batches are delivered. Default: HTTP to `data_plane_url`.
  transport_factory transport;
};

/// Starts the system: five actors and their supervisor. Returns its owner, or every reason why nothing was started:
/// `invalid_option` for each invalid option, or why the queue could not be opened (`queue_taken`, `not_a_queue`,
/// `other_destination`, `store_failed`). The actor system must have been configured with `configure` (`config.hpp`).
/// It blocks while it opens a file or asks Redis once, for `redis.connect` and `redis.command` at most; Redis may be
/// away. A store of your own is asked for its notes on the caller's thread.
SLUICE_API boost::system::result<analytics, std::vector<error>>
spawn_analytics(caf::actor_system& system, const options& settings, extensions parts = {});

/// Publishes a relay at `port` (0: any free port), through which other processes send events and `flush` to the buffer;
/// it takes no other message, 64 flushes at a time at most, and nothing that they send ends it: it ends with the
/// buffer. Returns the port, or the error of CAF's I/O module, which the actor system must have loaded
/// (`load<caf::io::middleman>()`). That module authenticates nobody, and allocates as much memory as the other side
/// announces, so let no one reach the port who is not trusted; the default address is loopback. `docs/concepts.md` says
/// how to protect it.
SLUICE_API result<std::uint16_t> publish(caf::actor_system& system, const analytics& running, std::uint16_t port,
                                         const std::string& address = "127.0.0.1");

} // namespace sluice
