#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/delivery/verdict.hpp"
#include "core/persistence/group_commit.hpp"
#include "sluice/batch.hpp"
#include "sluice/detail/caf_compat.hpp"
#include "sluice/messages.hpp"
#include "sluice/store.hpp"
#include "sluice/transport.hpp"

/// What the actors say to one another; never leaves the process. `actors.hpp` says who takes what.
namespace sluice {

struct peer_table;
struct actor_context;
struct begin;

/// The supervisor's word after every start and restart: these are your peers now.
struct peers {
  std::shared_ptr<const peer_table> table{};
};

/// Anybody → supervisor, for diagnosis: who are they?
struct get_peers {};

/// Buffer → persister: batches to store. Sent again to a new persister until they are confirmed.
struct store_batches {
  std::vector<batch_ptr> batches{};
};

/// Persister → buffer and supervisor: this has been committed.
struct committed {
  std::shared_ptr<const std::vector<batch_news>> news{};
};

/// Supervisor → persister: it has handled this many `committed`. At most `news_window` are under way.
struct news_handled {
  std::size_t messages = 0;
};
inline constexpr std::size_t news_window = 16;

/// Persister → buffer: the store is as it was earlier. What the persister still has is restored before any answer
/// to a later `look_for`.
struct store_went_back {};

/// Persister → buffer: events were erased in the store, among them perhaps some of this process.
struct events_erased {};

// Buffer → persister: `look_for`; persister → buffer: `looked_for` (both in group_commit.hpp).

/// Dispatcher → persister, first of all: I take up to `capacity` leases, and of yours I have only these.
struct pull {
  std::size_t capacity = 0;
  std::vector<leased_batch> leased{};
};

/// Dispatcher → persister: up to this many from now on.
struct set_capacity {
  std::size_t capacity = 0;
};

/// Persister → dispatcher: the leases of the first are over; deliver the others.
struct deliver {
  std::vector<lease> over{};
  std::vector<leased_batch> batches{};
  /// The queue is paused: what is not being posted goes back.
  bool paused = false;
};

/// Dispatcher, retry scheduler, dead-letter actor → persister: what became of deliveries.
struct settle {
  std::vector<settlement> settlements{};
};

/// Persister → dispatcher: an operator wants deliveries to go on at once.
struct queue_resumed {};

// Dispatcher → retry scheduler: `attempt_failed`; dispatcher → dead-letter actor: `undeliverable` (both in
// verdict.hpp).

/// Persister → retry scheduler: the next retry is due then.
struct next_due {
  std::optional<store_time> when{};
};

/// Retry scheduler → persister: retries are due.
struct promote_due {};

/// Dispatcher → buffer: what batches may have from now on.
struct set_batch_size {
  std::size_t events = 0;
};

/// Why deliveries are suspended or paused.
enum class suspension_source : std::uint8_t {
  destination, ///< it is unavailable or misconfigured
  queue        ///< it is paused
};

/// Dispatcher, persister → supervisor: deliveries are suspended or paused for `reason`, or go on (empty).
struct suspension_changed {
  suspension_source by{};
  std::string reason{};
};

/// Dispatcher → persister: deliveries go like this, for those who look at the queue.
struct health_changed {
  delivery_health now{};
};

/// Supervisor → dispatcher, persister. `resume`: suspension and pause of the queue end as well.
struct set_paused {
  bool paused = false;
  bool resume = false;
};

/// Supervisor → dispatcher, persister, dead-letter actor: batches go elsewhere, or with another key.
struct redirected {
  std::shared_ptr<const actor_context> context{};
};

/// Supervisor → buffer: reject new events, have everything delivered, and answer `drained`.
struct drain {
  std::chrono::milliseconds deadline{0};
};

/// Buffer → supervisor: drained, or the deadline has passed.
struct drained {};

/// Supervisor → persister, then buffer: do what is left to do, and quit. The persister applies what has gathered for a
/// last time and leaves the store; the buffer counts what has come of that.
struct finish {};

/// Persister → supervisor: the queue is not ours any more; nothing can be done with it.
struct store_lost {
  error why{};
};

/// Buffer → supervisor: for the subscribers.
struct intake_news {
  std::vector<delivery_report> reports{};
  std::vector<backpressure> crossings{};
};

/// Any thread → buffer: the intake has something for you.
struct wake {};

/// The persister to itself, behind everything that has arrived.
struct commit_gathered {};

/// Persister → itself: the next page of dead letters is replayed or purged.
struct change_some {};

/// An actor to itself: one of its alarms. Ignored unless `number` is the latest.
struct tick {
  std::uint8_t channel = 0;
  std::uint64_t number = 0;
};

/// Transport thread → dispatcher: attempts have ended, and lie in its letterbox.
struct attempts_ended {};

/// What a server is made of (`serving.hpp`).
struct serving;

/// Host → supervisor: start a server of this.
struct begin_server {
  std::shared_ptr<serving> what{};
};

/// The server's thread → server: somebody waits for a view of the system.
struct look_at_system {};

/// The server's thread → server: calls of the administration have come.
struct administer {};

/// Server → persister: call this with the queue; what it does is over when it returns.
struct use_queue {
  std::function<void(queue_admin&)> what{};
};

} // namespace sluice

CAF_BEGIN_TYPE_ID_BLOCK(sluice_local, caf::first_custom_type_id + 2200)
SLUICE_LOCAL_TYPE(sluice_local, sluice::peers)
SLUICE_LOCAL_TYPE(sluice_local, sluice::get_peers)
SLUICE_LOCAL_TYPE(sluice_local, sluice::store_batches)
SLUICE_LOCAL_TYPE(sluice_local, sluice::committed)
SLUICE_LOCAL_TYPE(sluice_local, sluice::news_handled)
SLUICE_LOCAL_TYPE(sluice_local, sluice::store_went_back)
SLUICE_LOCAL_TYPE(sluice_local, sluice::look_for)
SLUICE_LOCAL_TYPE(sluice_local, sluice::looked_for)
SLUICE_LOCAL_TYPE(sluice_local, sluice::pull)
SLUICE_LOCAL_TYPE(sluice_local, sluice::set_capacity)
SLUICE_LOCAL_TYPE(sluice_local, sluice::deliver)
SLUICE_LOCAL_TYPE(sluice_local, sluice::settle)
SLUICE_LOCAL_TYPE(sluice_local, sluice::attempt_failed)
SLUICE_LOCAL_TYPE(sluice_local, sluice::undeliverable)
SLUICE_LOCAL_TYPE(sluice_local, sluice::next_due)
SLUICE_LOCAL_TYPE(sluice_local, sluice::promote_due)
SLUICE_LOCAL_TYPE(sluice_local, sluice::set_batch_size)
SLUICE_LOCAL_TYPE(sluice_local, sluice::suspension_changed)
SLUICE_LOCAL_TYPE(sluice_local, sluice::health_changed)
SLUICE_LOCAL_TYPE(sluice_local, sluice::set_paused)
SLUICE_LOCAL_TYPE(sluice_local, sluice::redirected)
SLUICE_LOCAL_TYPE(sluice_local, sluice::drain)
SLUICE_LOCAL_TYPE(sluice_local, sluice::drained)
SLUICE_LOCAL_TYPE(sluice_local, sluice::finish)
SLUICE_LOCAL_TYPE(sluice_local, sluice::store_lost)
SLUICE_LOCAL_TYPE(sluice_local, sluice::intake_news)
SLUICE_LOCAL_TYPE(sluice_local, sluice::wake)
SLUICE_LOCAL_TYPE(sluice_local, sluice::commit_gathered)
SLUICE_LOCAL_TYPE(sluice_local, sluice::change_some)
SLUICE_LOCAL_TYPE(sluice_local, sluice::queue_resumed)
SLUICE_LOCAL_TYPE(sluice_local, sluice::tick)
SLUICE_LOCAL_TYPE(sluice_local, sluice::attempts_ended)
SLUICE_LOCAL_TYPE(sluice_local, sluice::begin)
SLUICE_LOCAL_TYPE(sluice_local, sluice::begin_server)
SLUICE_LOCAL_TYPE(sluice_local, sluice::look_at_system)
SLUICE_LOCAL_TYPE(sluice_local, sluice::administer)
SLUICE_LOCAL_TYPE(sluice_local, sluice::use_queue)
SLUICE_LOCAL_TYPE(sluice_local, sluice::events_erased)
CAF_END_TYPE_ID_BLOCK(sluice_local)
