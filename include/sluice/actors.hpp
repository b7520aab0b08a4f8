#pragma once

#include "sluice/export.hpp"
#include "sluice/messages.hpp"
#include "sluice/protocol.hpp"

/// The map of messages: every actor's handle with everything it takes. Hosts use `buffer_actor` and
/// `analytics_actor`, which stay valid until the system stops; the others come and go under the supervisor.
namespace sluice {

/// Where track messages go. It holds at most `max_internal_queue_size` events; what is over that, and what is
/// invalid, is rejected on the sender's thread, before any mailbox: a request is answered with an error (`errc`), a
/// plain send is counted and reported to subscribers.
using buffer_actor = compat::typed<
    // An event as a request: the answer comes when the event is stored, or is `errc::pending` at `request_deadline`.
    receipt(track), receipt(identify), receipt(page), receipt(screen), receipt(group), receipt(alias),
    // Answered when everything accepted before has reached an end, or at its deadline.
    flush_report(flush)>;

/// The supervisor: it starts the five, starts them again when they fail, and speaks for the whole.
using analytics_actor = compat::typed<
    // Notifications for an actor, until it terminates or unsubscribes. Answered with an error past 64.
    void(subscribe), void(unsubscribe),
    // Totals and state of this process.
    system_stats(get_stats),
    // Deliveries stop and go on; answered when the word is out.
    void(pause), void(resume),
    // Answered when the word is out, or with everything that is wrong with it.
    void(set_destination),
    // Refuses what is new, delivers what waits until the deadline, stops every actor, answers, and is gone.
    shutdown_report(shutdown),
    // Dead letters; answered by the store.
    dead_page(list_dead), dead_entry(show_dead), dead_count(replay_dead), dead_count(purge_dead)>;

// -- between our actors: one-way messages only; what must not get lost is sent again to a restarted peer
// ---------------

/// The buffer as its peers see it: what it takes besides the events, which never reach its mailbox.
using buffer_peer =
    compat::typed<flush_report(flush), void(peers),
                  // Frees what is stored (durable stores) or at its end (memory), answers requests and flushes.
                  void(committed), void(forgotten),
                  // Answered with `drained` to the supervisor.
                  void(drain), void(finish), void(wake), void(set_batch_size), void(tick)>;

/// The only user of the store. Gathers what has arrived into one unit of work.
using persister_actor =
    compat::typed<void(peers),
                  // Confirmed by `committed`; may be sent again.
                  void(store_batches),
                  // Confirmed by `settled`; may be sent again.
                  void(settle),
                  // Answered with `deliver` while there are batches and free slots.
                  void(pull), void(set_capacity), void(promote_due), void(set_paused), void(redirected), void(finish),
                  dead_page(list_dead), dead_entry(show_dead), dead_count(replay_dead), dead_count(purge_dead)>;

/// Posts batches, `max_in_flight` at a time, and classifies what comes back.
using dispatcher_actor = compat::typed<void(peers), void(deliver), void(settled), void(set_paused), void(redirected)>;

/// Decides when a failed batch is tried again; wakes the persister when it is due.
using retry_scheduler = compat::typed<void(peers), void(attempt_failed), void(next_due)>;

/// Buries what cannot be delivered; passes operators' questions about dead letters to the persister.
using dead_letter_actor = compat::typed<void(peers), void(undeliverable), void(redirected), dead_page(list_dead),
                                        dead_entry(show_dead), dead_count(replay_dead), dead_count(purge_dead)>;

/// Composition root → supervisor: this is your buffer, start the others.
struct begin {
  buffer_peer buffer;
};

/// The supervisor as its children see it.
using supervisor_actor = compat::extended<analytics_actor, void(committed), void(intake_news), void(suspension_changed),
                                          void(drained), void(store_lost), peers(get_peers), void(begin), void(tick)>;

/// Who is who, until the next restart.
struct peer_table {
  supervisor_actor supervisor;
  buffer_peer buffer;
  persister_actor persister;
  dispatcher_actor dispatcher;
  retry_scheduler retry;
  dead_letter_actor dead_letters;
};

} // namespace sluice

namespace sluice {

/// As actors answer it: the code, with field and message as context.
inline caf::error to_caf_error(const error& e) {
  return caf::make_error(e.code, e.field, e.message);
}

/// The words for an error that an actor has answered: `field: message (code)` of ours, and CAF's words for its own.
SLUICE_API std::string describe(const caf::error& why);

/// Makes the messages known to a configuration; `configure` (`config.hpp`) calls it.
SLUICE_API void register_messages(caf::actor_system_config& config);

} // namespace sluice
