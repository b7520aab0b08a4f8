#include "store/sqlite/enqueues.hpp"

#include "store/sqlite/batches.hpp"

namespace sluice {

namespace {

// Empty if the queue has no destination yet.
std::string read_fingerprint(sqlite_db& db) {
  std::string present;
  db.query("SELECT fingerprint FROM control", {}, [&](const sqlite_row& r) { present = r.text(0); });
  return present;
}

// Before everything that is ready in the partition, with room for all.
std::int64_t place_to_restore(sqlite_db& db, const unit_of_work& work, const sqlite_totals& totals) {
  auto first = totals.next_place;
  db.query("SELECT place FROM batch WHERE state = 0 AND partition = ? ORDER BY place, id LIMIT 1",
           {static_cast<std::int64_t>(work.partition)}, [&](const sqlite_row& r) { first = r.integer(0); });
  return first - static_cast<std::int64_t>(work.enqueues.size());
}

} // namespace

result<void> check_destination(sqlite_db& db, const std::string& fingerprint) {
  const auto present = read_fingerprint(db);
  if (!present.empty() && present != fingerprint)
    return error{errc::other_destination, "persistence",
                 "the queue holds events for another data_plane_url or write_key; use another queue, or set "
                 "queue.adopt in the process that delivers, to send them to this one"};
  return {};
}

// In a transaction, because processes that only enqueue do so beside others.
result<void> claim_destination(sqlite_db& db, const std::string& fingerprint, bool adopt) {
  sqlite_transaction whole{db};
  if (auto ours = check_destination(db, fingerprint); !ours && !adopt)
    return ours;
  if (read_fingerprint(db) != fingerprint)
    write_fingerprint(db, fingerprint);
  whole.commit();
  return {};
}

void write_fingerprint(sqlite_db& db, const std::string& fingerprint) {
  db.run("UPDATE control SET fingerprint = ?", {fingerprint});
}

sqlite_enqueues::sqlite_enqueues(sqlite_db& db, const queue_options& limits, const unit_of_work& work,
                                 sqlite_totals& totals, bool is_full)
    : db_{db}, limits_{limits}, work_{work}, totals_{totals}, full_{is_full} {
  if (work.restores)
    restored_place_ = place_to_restore(db, work, totals);
}

put_outcome sqlite_enqueues::put(const batch& b, sqlite_state state) {
  if (is_here(db_, b.id))
    return put_outcome::was_there;
  const auto waiting = totals_.ready + totals_.in_flight + totals_.retry;
  const auto bytes = static_cast<std::int64_t>(b.payload->size());
  const bool past_bound = waiting + b.events > static_cast<std::int64_t>(limits_.max_backlog_events) ||
                          totals_.backlog_bytes + bytes > static_cast<std::int64_t>(limits_.max_backlog_bytes);
  if (full_ || (past_bound && !work_.restores)) {
    full_ = true;
    return put_outcome::refused;
  }
  auto& place = work_.restores ? restored_place_ : totals_.next_place;
  insert(db_, b,
         {.partition = static_cast<std::int64_t>(work_.partition),
          .place = place++,
          .enqueued = work_.now.time_since_epoch().count(),
          .state = state},
         totals_);
  totals_.stored += b.events;
  return put_outcome::put_in;
}

} // namespace sluice
