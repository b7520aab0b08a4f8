#pragma once

#include "actors/protocol.hpp"
#include "sluice/actors.hpp"

/// The handles of our actors as they see one another: one-way messages only, and what must not get lost is sent again
/// to a restarted peer. No host sees them.
namespace sluice {

/// The buffer as its peers see it: what it takes besides the events, which never reach its mailbox.
using buffer_peer =
    compat::typed<flush_report(flush), void(peers),
                  // Frees what is stored (durable stores) or at its end (memory), answers requests and flushes.
                  void(committed), void(store_went_back), void(events_erased), void(looked_for),
                  // Answered with `drained` to the supervisor.
                  void(drain), void(finish), void(wake), void(set_batch_size), void(tick)>;

/// The only user of the store. Gathers what has arrived into one unit of work.
using persister_actor =
    compat::typed<void(peers),
                  // Confirmed by `committed`; may be sent again.
                  void(store_batches),
                  // Confirmed by `deliver`; may be sent again.
                  void(settle),
                  // Answered with `looked_for`, unless the next one comes before; may be sent again.
                  void(look_for),
                  // Answered with `deliver` while there are batches and free slots.
                  void(pull), void(set_capacity), void(health_changed), void(promote_due), void(set_paused),
                  void(redirected), void(finish), void(news_handled), dead_page(list_dead), dead_entry(show_dead),
                  dead_count(replay_dead), dead_count(purge_dead), void(use_queue)>;

/// Posts batches, `max_in_flight` at a time, and classifies what comes back.
using dispatcher_actor =
    compat::typed<void(peers), void(deliver), void(set_paused), void(queue_resumed), void(redirected)>;

/// Decides when a failed batch is tried again; wakes the persister when it is due.
using retry_scheduler = compat::typed<void(peers), void(attempt_failed), void(next_due)>;

/// Buries what cannot be delivered; passes operators' questions about dead letters to the persister.
using dead_letter_actor = compat::typed<void(peers), void(undeliverable), void(redirected), dead_page(list_dead),
                                        dead_entry(show_dead), dead_count(replay_dead), dead_count(purge_dead)>;

/// Serves HTTP. Answers `look_at_system` and `administer` through what it was made of.
using server_actor = compat::typed<void(peers), void(look_at_system), void(administer), void(redirected), void(tick)>;

/// Composition root → supervisor: this is your buffer, start the others.
struct begin {
  buffer_peer buffer;
};

/// The supervisor as its children see it.
using supervisor_actor =
    compat::extended<analytics_actor, void(committed), void(intake_news), void(suspension_changed), void(drained),
                     void(store_lost), peers(get_peers), void(begin), void(begin_server), void(tick)>;

/// Who is who, until the next restart.
struct peer_table {
  supervisor_actor supervisor;
  buffer_peer buffer;
  persister_actor persister;
  dispatcher_actor dispatcher;
  retry_scheduler retry;
  dead_letter_actor dead_letters;
  /// Null: there is none.
  server_actor server{};
};

/// As actors answer it: the code, with field and message as context.
inline caf::error to_caf_error(const error& e) {
  return caf::make_error(e.code, e.field, e.message);
}

/// Makes the messages known to a configuration; `configure` calls it.
void register_messages(caf::actor_system_config& config);

} // namespace sluice
