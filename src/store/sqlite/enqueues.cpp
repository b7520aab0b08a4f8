#include "store/sqlite/enqueues.hpp"

namespace sluice {

namespace {

// The ids of what splits have made of a batch begin with its id and a dot, and are read in one piece of the index.
bool is_here(sqlite_db& db, const std::string& id) {
  bool found = false;
  db.query("SELECT 1 FROM batch WHERE id = ?1 OR (id > ?1 || '.' AND id < ?1 || '/') LIMIT 1", {id},
           [&](const sqlite_row&) { found = true; });
  return found;
}

// Empty if the queue has no destination yet.
std::string read_fingerprint(sqlite_db& db) {
  std::string present;
  db.query("SELECT fingerprint FROM control", {}, [&](const sqlite_row& r) { present = r.text(0); });
  return present;
}

// Before everything that is ready, with room for so many.
std::int64_t place_to_restore(sqlite_db& db, std::size_t batches, const sqlite_totals& totals) {
  auto first = totals.next_place;
  db.query("SELECT place FROM batch WHERE state = 0 ORDER BY place, id LIMIT 1", {},
           [&](const sqlite_row& r) { first = r.integer(0); });
  return first - static_cast<std::int64_t>(batches);
}

} // namespace

void insert(sqlite_db& db, const batch& content, const sqlite_new_row& row, sqlite_totals& totals) {
  const auto bytes = static_cast<std::int64_t>(content.payload->size());
  const std::int64_t fence = row.state == sqlite_state::in_flight ? 1 : 0;
  db.run("INSERT INTO batch(id, place, state, fence, ended, events, bytes, enqueued) VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
         {content.id, row.place, static_cast<std::int64_t>(row.state), fence, std::int64_t{row.ended},
          std::int64_t{content.events}, bytes, row.enqueued});
  db.run("INSERT INTO body(n, payload) VALUES(last_insert_rowid(), ?)", {sqlite_blob{*content.payload}});
  totals.in(row.state) += content.events;
  totals.backlog_bytes += bytes;
}

presence presence_of(sqlite_db& db, const std::string& id) {
  presence found;
  db.query("SELECT state, events FROM batch WHERE id = ?1 OR (id > ?1 || '.' AND id < ?1 || '/')", {id},
           [&](const sqlite_row& r) {
             const bool dead = static_cast<sqlite_state>(r.integer(0)) == sqlite_state::dead;
             (dead ? found.dead : found.waiting) += static_cast<std::uint32_t>(r.integer(1));
           });
  return found;
}

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
    restored_place_ = place_to_restore(db, work.enqueues.size(), totals);
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
  insert(db_, b, {.place = place++, .enqueued = work_.now.time_since_epoch().count(), .state = state}, totals_);
  totals_.stored += b.events;
  return put_outcome::put_in;
}

} // namespace sluice
