#include "store/sqlite/batches.hpp"

namespace sluice {

std::optional<sqlite_batch> find(sqlite_db& db, std::int64_t partition, const std::string& id) {
  std::optional<sqlite_batch> found;
  db.query("SELECT n, place, fence, attempts, events, bytes, enqueued, state, ended FROM batch "
           "WHERE id = ? AND partition = ?",
           {id, partition}, [&](const sqlite_row& r) {
             found = sqlite_batch{.n = r.integer(0),
                                  .place = r.integer(1),
                                  .fence = r.integer(2),
                                  .attempts = r.integer(3),
                                  .events = r.integer(4),
                                  .bytes = r.integer(5),
                                  .enqueued = r.integer(6),
                                  .ended = r.integer(8) != 0,
                                  .state = static_cast<sqlite_state>(r.integer(7))};
           });
  return found;
}

void insert(sqlite_db& db, const batch& content, const sqlite_new_batch& row, sqlite_totals& totals) {
  const auto bytes = static_cast<std::int64_t>(content.payload->size());
  const std::int64_t fence = row.state == sqlite_state::in_flight ? 1 : 0;
  db.run("INSERT INTO batch(id, partition, place, state, fence, ended, events, bytes, enqueued) "
         "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
         {content.id, row.partition, row.place, static_cast<std::int64_t>(row.state), fence, std::int64_t{row.ended},
          std::int64_t{content.events}, bytes, row.enqueued});
  db.run("INSERT INTO body(n, payload) VALUES(last_insert_rowid(), ?)", {sqlite_blob{*content.payload}});
  totals.in(row.state) += content.events;
  totals.backlog_bytes += bytes;
}

void erase(sqlite_db& db, const sqlite_batch& b, sqlite_totals& totals) {
  db.run("DELETE FROM batch WHERE n = ?", {b.n});
  db.run("DELETE FROM body WHERE n = ?", {b.n});
  totals.remove(b.state, b.events, b.bytes);
}

void die(sqlite_db& db, const sqlite_batch& b, int attempts, const failure_note& why, store_time now,
         sqlite_totals& totals) {
  db.run("UPDATE batch SET state = 3, attempts = ?, status = ?, reason = ?, due = ?, ended = 1 WHERE n = ?",
         {std::int64_t{attempts}, std::int64_t{why.status}, why.reason, std::int64_t{now.time_since_epoch().count()},
          b.n});
  totals.move(b.state, sqlite_state::dead, b.events, b.bytes);
}

// The ids of what splits have made of a batch begin with its id and a dot, and are read in one piece of the index.
presence presence_of(sqlite_db& db, const std::string& id) {
  presence found;
  db.query("SELECT state, events FROM batch WHERE id = ?1 OR (id > ?1 || '.' AND id < ?1 || '/')", {id},
           [&](const sqlite_row& r) {
             const bool dead = static_cast<sqlite_state>(r.integer(0)) == sqlite_state::dead;
             (dead ? found.dead : found.waiting) += static_cast<std::uint32_t>(r.integer(1));
           });
  db.query("SELECT sum(events) FROM erased WHERE id = ?1 OR (id > ?1 || '.' AND id < ?1 || '/')", {id},
           [&](const sqlite_row& r) { found.elsewhere = static_cast<std::uint32_t>(r.integer(0)); });
  return found;
}

bool is_here(sqlite_db& db, const std::string& id) {
  bool found = false;
  db.query("SELECT 1 FROM batch WHERE id = ?1 OR (id > ?1 || '.' AND id < ?1 || '/') "
           "UNION ALL SELECT 1 FROM erased WHERE id = ?1 LIMIT 1",
           {id}, [&](const sqlite_row&) { found = true; });
  return found;
}

} // namespace sluice
