#include "store/sqlite/notes.hpp"

#include "store/note_bounds.hpp"

namespace sluice {

namespace {

bool is_room_for_a_note(sqlite_db& db) {
  std::int64_t count = 0;
  db.query("SELECT count(*) FROM note", {}, [&](const sqlite_row& r) { count = r.integer(0); });
  return count < static_cast<std::int64_t>(max_notes);
}

} // namespace

// Names are compared by their bytes, and none that begins with the prefix comes behind `last`.
std::vector<queue_note> read_notes(sqlite_db& db, const std::string& prefix) {
  std::vector<queue_note> found;
  const auto last = prefix + std::string(max_note_name, '\xff');
  db.query("SELECT name, text FROM note WHERE name BETWEEN ? AND ? ORDER BY name", {prefix, last},
           [&](const sqlite_row& r) { found.push_back({.name = r.text(0), .text = r.text(1)}); });
  return found;
}

result<bool> put_note(sqlite_db& db, const queue_note& note, const std::string& was) {
  if (auto fits = check_note(note); !fits)
    return fits.error();
  sqlite_transaction whole{db};
  std::string present;
  db.query("SELECT text FROM note WHERE name = ?", {note.name}, [&](const sqlite_row& r) { present = r.text(0); });
  if (present != was)
    return false;
  if (note.text.empty())
    db.run("DELETE FROM note WHERE name = ?", {note.name});
  else if (present.empty() && !is_room_for_a_note(db))
    return too_many_notes();
  else
    db.run("INSERT INTO note(name, text) VALUES(?, ?) ON CONFLICT(name) DO UPDATE SET text = excluded.text",
           {note.name, note.text});
  whole.commit();
  return true;
}

} // namespace sluice
