#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "sluice/detail/caf_compat.hpp"
#include "sluice/detail/json_wire.hpp"
#include "sluice/event.hpp"
#include "sluice/reports.hpp"

/// @file
/// What hosts send, besides the six events. `actors.hpp` says which actor takes a message, and what the answer means.
/// All of these messages may come from another process.
namespace sluice {

/// Asks for everything accepted before it to be delivered.
struct flush {
  std::chrono::milliseconds deadline{0}; ///< Zero: the option `flush_deadline`.
};

/// Asks the system to stop in order.
struct shutdown {
  std::chrono::milliseconds deadline{0}; ///< Zero: the option `shutdown_deadline`.
};

/// Starts sending `delivery_report`, `backpressure`, `delivery_suspended`, `reports_missed` and `stopped` to an actor.
/// At most 64 actors. They are sent as requests, whatever the answer is; of an actor that has not handled 1 024 of
/// them, no more are put into the mailbox, and it is told afterwards what it has missed.
struct subscribe {
  caf::actor who{}; ///< The actor that subscribes.
  /// Whether reports name the events: to read the ids out of the batches costs time.
  bool message_ids = false;
};

/// Stops sending notifications to an actor.
struct unsubscribe {
  caf::actor who{}; ///< The actor that subscribed.
};

/// Asks for `system_stats`.
struct get_stats {};

/// Pauses deliveries. Events are still accepted and stored.
struct pause {};

/// Resumes deliveries, whether they are paused or suspended.
struct resume {};

/// Delivers to this URL, with this key, from now on, including the batches that wait. An empty field keeps the present
/// value. The queue then belongs to the new destination, as with the option `queue.adopt`. Send it to every process
/// that shares the queue. Errors: `invalid_option`; `unsupported` with `queue.enqueue_only`.
struct set_destination {
  /// As the option `data_plane_url`.
  std::string data_plane_url{};
  /// As the option `write_key`. A secret: never logged, stored or put into an error.
  std::string write_key{};
};

/// Asks for a page of dead letters, the oldest first.
struct list_dead {
  /// The page begins after this cursor, `<died>/<id>` of a dead letter; empty: at the first.
  std::string after{};
  /// The most dead letters to return. 1 to 500.
  std::uint32_t limit = 100;
};

/// Asks for one dead letter with its message ids.
struct show_dead {
  std::string id{}; ///< The id of the batch.
};

/// Makes dead letters ready again, with no attempts counted.
struct replay_dead {
  std::vector<std::string> ids{}; ///< The batches; empty: all dead letters.
};

/// Removes dead letters from the store.
struct purge_dead {
  std::vector<std::string> ids{}; ///< The batches; empty: all dead letters.
};

/// A dead letter: a batch that was buried, and is not tried again unless it is replayed.
struct dead_entry {
  std::string id{};                       ///< The id of the batch.
  std::uint32_t events = 0;               ///< The number of its events.
  std::int32_t attempts = 0;              ///< Its counted attempts.
  std::int32_t status = 0;                ///< The last HTTP status; 0 if there was no response.
  std::string reason{};                   ///< Why it was buried. Printable, no secrets.
  std::int64_t died = 0;                  ///< When it was buried, in milliseconds since 1970.
  std::vector<std::string> message_ids{}; ///< Only in the answer to `show_dead`.
};

/// The answer to `list_dead`.
struct dead_page {
  std::vector<dead_entry> entries{}; ///< The dead letters, the oldest first.
};

/// The answer to `replay_dead` and `purge_dead`.
struct dead_count {
  std::uint64_t events = 0; ///< How many events were replayed or purged.
};

} // namespace sluice

/// @cond
// The wire types have ids of their own in one block, far from a host's; append only.
CAF_BEGIN_TYPE_ID_BLOCK(sluice, caf::first_custom_type_id + 2000)
CAF_ADD_TYPE_ID(sluice, (sluice::track))
CAF_ADD_TYPE_ID(sluice, (sluice::identify))
CAF_ADD_TYPE_ID(sluice, (sluice::page))
CAF_ADD_TYPE_ID(sluice, (sluice::screen))
CAF_ADD_TYPE_ID(sluice, (sluice::group))
CAF_ADD_TYPE_ID(sluice, (sluice::alias))
CAF_ADD_TYPE_ID(sluice, (sluice::receipt))
CAF_ADD_TYPE_ID(sluice, (sluice::flush))
CAF_ADD_TYPE_ID(sluice, (sluice::flush_report))
CAF_ADD_TYPE_ID(sluice, (sluice::shutdown))
CAF_ADD_TYPE_ID(sluice, (sluice::shutdown_report))
CAF_ADD_TYPE_ID(sluice, (sluice::subscribe))
CAF_ADD_TYPE_ID(sluice, (sluice::unsubscribe))
CAF_ADD_TYPE_ID(sluice, (sluice::get_stats))
CAF_ADD_TYPE_ID(sluice, (sluice::system_stats))
CAF_ADD_TYPE_ID(sluice, (sluice::pause))
CAF_ADD_TYPE_ID(sluice, (sluice::resume))
CAF_ADD_TYPE_ID(sluice, (sluice::list_dead))
CAF_ADD_TYPE_ID(sluice, (sluice::show_dead))
CAF_ADD_TYPE_ID(sluice, (sluice::replay_dead))
CAF_ADD_TYPE_ID(sluice, (sluice::purge_dead))
CAF_ADD_TYPE_ID(sluice, (sluice::dead_page))
CAF_ADD_TYPE_ID(sluice, (sluice::dead_entry))
CAF_ADD_TYPE_ID(sluice, (sluice::dead_count))
CAF_ADD_TYPE_ID(sluice, (sluice::delivery_report))
CAF_ADD_TYPE_ID(sluice, (sluice::backpressure))
CAF_ADD_TYPE_ID(sluice, (sluice::delivery_suspended))
CAF_ADD_TYPE_ID(sluice, (sluice::stopped))
CAF_ADD_TYPE_ID(sluice, (sluice::set_destination))
CAF_ADD_TYPE_ID(sluice, (sluice::reports_missed))
SLUICE_ERROR_ENUM(sluice, sluice::errc)
SLUICE_ENUM(sluice, sluice::report_kind)
CAF_END_TYPE_ID_BLOCK(sluice)

namespace sluice {

// -- serialisation --------------------------------------------------------------------------------------------------

template <class Inspector>
auto inspect(Inspector& f, track& x) {
  using compat::member;
  return compat::inspect_object(f, x, "sluice::track", member("user_id", x.user_id),
                                member("anonymous_id", x.anonymous_id), member("event", x.event),
                                member("properties", x.properties), member("context", x.context),
                                member("integrations", x.integrations), member("message_id", x.message_id),
                                member("timestamp", x.timestamp), member("original_timestamp", x.original_timestamp));
}

template <class Inspector>
auto inspect(Inspector& f, identify& x) {
  using compat::member;
  return compat::inspect_object(f, x, "sluice::identify", member("user_id", x.user_id),
                                member("anonymous_id", x.anonymous_id), member("traits", x.traits),
                                member("context", x.context), member("integrations", x.integrations),
                                member("message_id", x.message_id), member("timestamp", x.timestamp),
                                member("original_timestamp", x.original_timestamp));
}

template <class Inspector>
auto inspect(Inspector& f, page& x) {
  using compat::member;
  return compat::inspect_object(
      f, x, "sluice::page", member("user_id", x.user_id), member("anonymous_id", x.anonymous_id),
      member("name", x.name), member("category", x.category), member("properties", x.properties),
      member("context", x.context), member("integrations", x.integrations), member("message_id", x.message_id),
      member("timestamp", x.timestamp), member("original_timestamp", x.original_timestamp));
}

template <class Inspector>
auto inspect(Inspector& f, screen& x) {
  using compat::member;
  return compat::inspect_object(
      f, x, "sluice::screen", member("user_id", x.user_id), member("anonymous_id", x.anonymous_id),
      member("name", x.name), member("category", x.category), member("properties", x.properties),
      member("context", x.context), member("integrations", x.integrations), member("message_id", x.message_id),
      member("timestamp", x.timestamp), member("original_timestamp", x.original_timestamp));
}

template <class Inspector>
auto inspect(Inspector& f, group& x) {
  using compat::member;
  return compat::inspect_object(f, x, "sluice::group", member("user_id", x.user_id),
                                member("anonymous_id", x.anonymous_id), member("group_id", x.group_id),
                                member("traits", x.traits), member("context", x.context),
                                member("integrations", x.integrations), member("message_id", x.message_id),
                                member("timestamp", x.timestamp), member("original_timestamp", x.original_timestamp));
}

template <class Inspector>
auto inspect(Inspector& f, alias& x) {
  using compat::member;
  return compat::inspect_object(f, x, "sluice::alias", member("user_id", x.user_id),
                                member("previous_id", x.previous_id), member("context", x.context),
                                member("integrations", x.integrations), member("message_id", x.message_id),
                                member("timestamp", x.timestamp), member("original_timestamp", x.original_timestamp));
}

template <class Inspector>
auto inspect(Inspector& f, receipt& x) {
  return compat::inspect_object(f, x, "sluice::receipt", compat::member("message_id", x.message_id));
}

template <class Inspector>
auto inspect(Inspector& f, counts& x) {
  using compat::member;
  return compat::inspect_object(f, x, "sluice::counts", member("accepted", x.accepted), member("rejected", x.rejected),
                                member("stored", x.stored), member("delivered", x.delivered), member("dead", x.dead),
                                member("recovered", x.recovered), member("ended_elsewhere", x.ended_elsewhere),
                                member("lost", x.lost), member("waiting", x.waiting), member("in_store", x.in_store),
                                member("retrying", x.retrying), member("failed_attempts", x.failed_attempts),
                                member("stale", x.stale));
}

template <class Inspector>
auto inspect(Inspector& f, flush_report& x) {
  using compat::member;
  return compat::inspect_object(f, x, "sluice::flush_report", member("delivered", x.delivered), member("dead", x.dead),
                                member("stored", x.stored), member("waiting", x.waiting),
                                member("ended_elsewhere", x.ended_elsewhere), member("lost", x.lost));
}

template <class Inspector>
auto inspect(Inspector& f, shutdown_report& x) {
  using compat::member;
  return compat::inspect_object(f, x, "sluice::shutdown_report", member("accepted", x.accepted),
                                member("rejected", x.rejected), member("delivered", x.delivered),
                                member("dead", x.dead), member("recovered", x.recovered), member("stored", x.stored),
                                member("lost", x.lost), member("ended_elsewhere", x.ended_elsewhere),
                                member("last_failure", x.last_failure));
}

template <class Inspector>
auto inspect(Inspector& f, system_stats& x) {
  using compat::member;
  return compat::inspect_object(f, x, "sluice::system_stats", member("totals", x.totals), member("depth", x.depth),
                                member("depth_bytes", x.depth_bytes), member("restarts", x.restarts),
                                member("paused", x.paused), member("suspended", x.suspended),
                                member("last_failure", x.last_failure));
}

template <class Inspector>
auto inspect(Inspector& f, delivery_report& x) {
  using compat::member;
  return compat::inspect_object(f, x, "sluice::delivery_report", member("kind", x.kind), member("events", x.events),
                                member("batch_id", x.batch_id), member("message_ids", x.message_ids),
                                member("attempts", x.attempts), member("status", x.status), member("reason", x.reason),
                                member("delay", x.delay));
}

template <class Inspector>
auto inspect(Inspector& f, backpressure& x) {
  using compat::member;
  return compat::inspect_object(f, x, "sluice::backpressure", member("engaged", x.engaged), member("depth", x.depth),
                                member("capacity", x.capacity));
}

template <class Inspector>
auto inspect(Inspector& f, delivery_suspended& x) {
  return compat::inspect_object(f, x, "sluice::delivery_suspended", compat::member("reason", x.reason));
}

template <class Inspector>
auto inspect(Inspector& f, reports_missed& x) {
  using compat::member;
  return compat::inspect_object(f, x, "sluice::reports_missed", member("reports", x.reports),
                                member("stored", x.stored), member("delivered", x.delivered),
                                member("retried", x.retried), member("dead", x.dead), member("rejected", x.rejected),
                                member("lost", x.lost));
}

template <class Inspector>
auto inspect(Inspector& f, stopped& x) {
  using compat::member;
  return compat::inspect_object(f, x, "sluice::stopped", member("reason", x.reason), member("counts", x.counts));
}

template <class Inspector>
auto inspect(Inspector& f, flush& x) {
  return compat::inspect_object(f, x, "sluice::flush", compat::member("deadline", x.deadline));
}

template <class Inspector>
auto inspect(Inspector& f, shutdown& x) {
  return compat::inspect_object(f, x, "sluice::shutdown", compat::member("deadline", x.deadline));
}

template <class Inspector>
auto inspect(Inspector& f, subscribe& x) {
  return compat::inspect_object(f, x, "sluice::subscribe", compat::member("who", x.who),
                                compat::member("message_ids", x.message_ids));
}

template <class Inspector>
auto inspect(Inspector& f, unsubscribe& x) {
  return compat::inspect_object(f, x, "sluice::unsubscribe", compat::member("who", x.who));
}

template <class Inspector>
auto inspect(Inspector& f, get_stats& x) {
  return compat::inspect_object(f, x, "sluice::get_stats");
}

template <class Inspector>
auto inspect(Inspector& f, pause& x) {
  return compat::inspect_object(f, x, "sluice::pause");
}

template <class Inspector>
auto inspect(Inspector& f, resume& x) {
  return compat::inspect_object(f, x, "sluice::resume");
}

template <class Inspector>
auto inspect(Inspector& f, set_destination& x) {
  return compat::inspect_object(f, x, "sluice::set_destination", compat::member("data_plane_url", x.data_plane_url),
                                compat::member("write_key", x.write_key));
}

template <class Inspector>
auto inspect(Inspector& f, list_dead& x) {
  return compat::inspect_object(f, x, "sluice::list_dead", compat::member("after", x.after),
                                compat::member("limit", x.limit));
}

template <class Inspector>
auto inspect(Inspector& f, show_dead& x) {
  return compat::inspect_object(f, x, "sluice::show_dead", compat::member("id", x.id));
}

template <class Inspector>
auto inspect(Inspector& f, replay_dead& x) {
  return compat::inspect_object(f, x, "sluice::replay_dead", compat::member("ids", x.ids));
}

template <class Inspector>
auto inspect(Inspector& f, purge_dead& x) {
  return compat::inspect_object(f, x, "sluice::purge_dead", compat::member("ids", x.ids));
}

template <class Inspector>
auto inspect(Inspector& f, dead_entry& x) {
  using compat::member;
  return compat::inspect_object(f, x, "sluice::dead_entry", member("id", x.id), member("events", x.events),
                                member("attempts", x.attempts), member("status", x.status), member("reason", x.reason),
                                member("died", x.died), member("message_ids", x.message_ids));
}

template <class Inspector>
auto inspect(Inspector& f, dead_page& x) {
  return compat::inspect_object(f, x, "sluice::dead_page", compat::member("entries", x.entries));
}

template <class Inspector>
auto inspect(Inspector& f, dead_count& x) {
  return compat::inspect_object(f, x, "sluice::dead_count", compat::member("events", x.events));
}

} // namespace sluice

namespace nlohmann {

/// JSON travels as text. Text that is not valid JSON arrives as a discarded value, which the encoder rejects by field
/// name.
template <class Inspector>
auto inspect(Inspector& f, json& x) {
  return sluice::compat::inspect_as_text(
      f, x, [](const json& value) { return sluice::json_to_wire(value); },
      [](const std::string& text) { return sluice::json_from_wire(text); });
}

} // namespace nlohmann
/// @endcond
