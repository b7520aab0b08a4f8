#pragma once

#include "sluice/export.hpp"
#include "sluice/messages.hpp"

/// @file
/// The two handles that hosts keep, with every message that they take. Both stay valid until the system stops.
namespace sluice {

/// Takes events and `flush`. The buffer holds at most `max_internal_queue_size` events. An event that is invalid, or
/// that arrives while the buffer is full, is rejected on the sender's thread, before any mailbox: a request is answered
/// with an error (`errc`), a plain send is counted and reported to subscribers.
using buffer_actor = compat::typed<
    // An event as a request: answered once the event is stored, or with `errc::pending` after `request_deadline`.
    receipt(track), receipt(identify), receipt(page), receipt(screen), receipt(group), receipt(alias),
    // Answered once every event accepted before it has reached its end, or at its deadline.
    flush_report(flush)>;

/// The supervisor of the whole system: statistics, subscriptions, dead letters, pause, shutdown.
using analytics_actor = compat::typed<
    // Starts and stops notifications to an actor; they also stop when it terminates. Error: more than 64 subscribers.
    void(subscribe), void(unsubscribe),
    // Returns the totals and the state of this process.
    system_stats(get_stats),
    // Stops and starts deliveries. Answered once the actors have been told.
    void(pause), void(resume),
    // Answered once the actors have been told, or with every error in the new destination.
    void(set_destination),
    // Rejects new events, delivers until the deadline, stops every actor, answers, and terminates.
    shutdown_report(shutdown),
    // Read and change the dead letters in the store.
    dead_page(list_dead), dead_entry(show_dead), dead_count(replay_dead), dead_count(purge_dead)>;

/// Returns the text of an error that an actor answered: `field: message (code)` for Sluice's errors, CAF's own text for
/// CAF's.
SLUICE_API std::string describe(const caf::error& why);

} // namespace sluice
