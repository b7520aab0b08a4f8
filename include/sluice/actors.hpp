#pragma once

#include "sluice/export.hpp"
#include "sluice/messages.hpp"

/// The two handles that hosts keep, with every message that they take. Both stay valid until the system stops.
namespace sluice {

/// Where track messages go. It holds at most `max_internal_queue_size` events; what is over that, and what is
/// invalid, is rejected on the sender's thread, before any mailbox: a request is answered with an error (`errc`), a
/// plain send is counted and reported to subscribers.
using buffer_actor = compat::typed<
    // An event as a request: the answer comes when the event is stored, or is `errc::pending` at `request_deadline`.
    receipt(track), receipt(identify), receipt(page), receipt(screen), receipt(group), receipt(alias),
    // Answered when everything accepted before has reached an end, or at its deadline.
    flush_report(flush)>;

/// The supervisor of the whole system: statistics, subscriptions, dead letters, pause, shutdown.
using analytics_actor = compat::typed<
    // Notifications for an actor, until it terminates or unsubscribes. Answered with an error past 64.
    void(subscribe), void(unsubscribe),
    // Totals and state of this process.
    system_stats(get_stats),
    // Deliveries stop, or go on; answered when the actors have been told.
    void(pause), void(resume),
    // Answered when the actors have been told, or with every error in the new destination.
    void(set_destination),
    // Rejects new events, delivers until the deadline, stops every actor, answers, and terminates.
    shutdown_report(shutdown),
    // Dead letters; answered by the store.
    dead_page(list_dead), dead_entry(show_dead), dead_count(replay_dead), dead_count(purge_dead)>;

/// The words for an error that an actor has answered: `field: message (code)` of ours, and CAF's words for its own.
SLUICE_API std::string describe(const caf::error& why);

} // namespace sluice
