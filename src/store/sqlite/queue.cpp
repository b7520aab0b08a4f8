#include "store/sqlite/queue.hpp"

#include <charconv>
#include <map>
#include <set>

#include "core/persistence/dead_cursor.hpp"
#include "store/sqlite/batches.hpp"
#include "store/sqlite/file.hpp"
#include "store/sqlite/lock.hpp"
#include "store/sqlite/notes.hpp"

namespace sluice {

namespace {

// Dead letters that one transaction changes, when all are meant.
constexpr std::int64_t all_at_a_time = 500;

// Payloads that are read at a time.
constexpr std::int64_t most_bytes_of_page = std::int64_t{8} << 20;

std::optional<store_time> time_of(sqlite_db& db, const char* sql) {
  std::optional<store_time> found;
  db.query(sql, {}, [&](const sqlite_row& r) { found = store_time{std::chrono::milliseconds{r.integer(0)}}; });
  return found;
}

dead_letter letter_in(const sqlite_row& r) {
  return {.id = r.text(0),
          .events = static_cast<std::uint32_t>(r.integer(1)),
          .attempts = static_cast<int>(r.integer(2)),
          .why = {.status = static_cast<int>(r.integer(3)), .reason = r.text(4)},
          .died = store_time{std::chrono::milliseconds{r.integer(5)}}};
}

sqlite_totals totals_in(const sqlite_row& r) {
  return {.stored = r.integer(0),
          .delivered = r.integer(1),
          .purged = r.integer(2),
          .ready = r.integer(3),
          .in_flight = r.integer(4),
          .retry = r.integer(5),
          .dead = r.integer(6),
          .backlog_bytes = r.integer(7),
          .dead_bytes = r.integer(8),
          .next_place = r.integer(9),
          .erased = r.integer(10)};
}

queue_owner owner_called(sqlite_db& db, std::string name) {
  queue_owner owner{.name = std::move(name)};
  db.query("SELECT health_said, suspended, last_failure FROM control WHERE health_said > 0", {},
           [&](const sqlite_row& r) {
             owner.said = store_time{milliseconds{r.integer(0)}};
             owner.health = {.suspended = r.text(1), .last_failure = r.text(2)};
           });
  return owner;
}

struct chosen_dead {
  std::int64_t n, partition, events, bytes;
};

chosen_dead chosen_in(const sqlite_row& r) {
  return {.n = r.integer(0), .partition = r.integer(1), .events = r.integer(2), .bytes = r.integer(3)};
}

// The totals of the partitions that a transaction changes.
class changed_totals {
public:
  explicit changed_totals(sqlite_db& db) : db_{db} {}
  sqlite_totals& of(std::int64_t partition) {
    auto known = totals_.find(partition);
    if (known == totals_.end())
      known = totals_.emplace(partition, read_totals(db_, partition)).first;
    return known->second;
  }
  void write() const {
    for (const auto& [partition, totals] : totals_)
      write_totals(db_, partition, totals);
  }

private:
  sqlite_db& db_;
  std::map<std::int64_t, sqlite_totals> totals_;
};

template <class F>
auto guarded(F call) -> decltype(call()) {
  try {
    return call();
  } catch (const sqlite_failure& f) {
    return to_error(f);
  }
}

} // namespace

std::int64_t& sqlite_totals::in(sqlite_state s) {
  switch (s) {
  case sqlite_state::ready:
    return ready;
  case sqlite_state::in_flight:
    return in_flight;
  case sqlite_state::retry:
    return retry;
  case sqlite_state::dead:
    break;
  }
  return dead;
}

void sqlite_totals::move(sqlite_state from, sqlite_state to, std::int64_t events, std::int64_t bytes) {
  in(from) -= events;
  in(to) += events;
  (from == sqlite_state::dead ? dead_bytes : backlog_bytes) -= bytes;
  (to == sqlite_state::dead ? dead_bytes : backlog_bytes) += bytes;
}

void sqlite_totals::add(sqlite_state to, std::int64_t events, std::int64_t bytes) {
  in(to) += events;
  (to == sqlite_state::dead ? dead_bytes : backlog_bytes) += bytes;
}

void sqlite_totals::remove(sqlite_state from, std::int64_t events, std::int64_t bytes) {
  in(from) -= events;
  (from == sqlite_state::dead ? dead_bytes : backlog_bytes) -= bytes;
}

sqlite_totals read_totals(sqlite_db& db, std::int64_t partition) {
  sqlite_totals t;
  db.query("SELECT stored, delivered, purged, ready, in_flight, retry, dead, backlog_bytes, dead_bytes, next_place, "
           "erased FROM total WHERE partition = ?",
           {partition}, [&](const sqlite_row& r) { t = totals_in(r); });
  return t;
}

void write_totals(sqlite_db& db, std::int64_t partition, const sqlite_totals& t) {
  db.run("UPDATE total SET stored = ?, delivered = ?, purged = ?, ready = ?, in_flight = ?, retry = ?, dead = ?, "
         "backlog_bytes = ?, dead_bytes = ?, next_place = ?, erased = ? WHERE partition = ?",
         {t.stored, t.delivered, t.purged, t.ready, t.in_flight, t.retry, t.dead, t.backlog_bytes, t.dead_bytes,
          t.next_place, t.erased, partition});
}

sqlite_totals sum_of_totals(sqlite_db& db) {
  sqlite_totals t;
  db.query("SELECT sum(stored), sum(delivered), sum(purged), sum(ready), sum(in_flight), sum(retry), sum(dead), "
           "sum(backlog_bytes), sum(dead_bytes), sum(next_place), sum(erased) FROM total",
           {}, [&](const sqlite_row& r) { t = totals_in(r); });
  return t;
}

// 1: paused; 0: not; below: not since an operator resumed it, in ms since 1970.
sqlite_pause read_pause(sqlite_db& db) {
  std::int64_t value = 0;
  db.query("SELECT paused FROM control", {}, [&](const sqlite_row& r) { value = r.integer(0); });
  sqlite_pause p{.paused = value > 0};
  if (value < 0)
    p.resumed = store_time{milliseconds{-value}};
  return p;
}

void write_pause(sqlite_db& db, const sqlite_pause& p) {
  db.run("UPDATE control SET paused = ?",
         {p.resumed ? -std::int64_t{p.resumed->time_since_epoch().count()} : std::int64_t{p.paused}});
}

void write_health(sqlite_db& db, const delivery_health& h, std::optional<store_time> said) {
  db.run("UPDATE control SET health_said = ?, suspended = ?, last_failure = ?",
         {std::int64_t{said ? said->time_since_epoch().count() : 0}, h.suspended, h.last_failure});
}

result<sqlite_queue> sqlite_queue::open(const std::string& name, sqlite_durability durability) {
  auto path = path_of_queue(name);
  if (!path)
    return path.error();
  auto db = open_sqlite_file(*path, durability);
  if (!db)
    return db.error();
  return sqlite_queue{std::move(*db), std::move(*path)};
}

result<store_stats> sqlite_queue::stats() {
  return guarded([&]() -> result<store_stats> {
    const sqlite_transaction snapshot{db_, "BEGIN"};
    const auto t = sum_of_totals(db_);
    const auto count = [](std::int64_t n) { return static_cast<std::uint64_t>(n); };
    store_stats s{.stored = count(t.stored),
                  .delivered = count(t.delivered),
                  .purged = count(t.purged),
                  .erased = count(t.erased),
                  .ready = count(t.ready),
                  .in_flight = count(t.in_flight),
                  .retry = count(t.retry),
                  .dead = count(t.dead)};
    s.oldest_ready =
        time_of(db_, "SELECT (SELECT enqueued FROM batch WHERE state = 0 AND partition = total.partition "
                     "ORDER BY place, id LIMIT 1) AS first FROM total WHERE first IS NOT NULL ORDER BY first LIMIT 1");
    s.next_retry =
        time_of(db_, "SELECT (SELECT due FROM batch WHERE state > 1 AND state = 2 AND partition = total.partition "
                     "ORDER BY due LIMIT 1) AS first FROM total WHERE first IS NOT NULL ORDER BY first LIMIT 1");
    s.oldest_dead = time_of(db_, "SELECT due FROM batch WHERE state = 3 ORDER BY due LIMIT 1");
    s.paused = read_pause(db_).paused;
    if (auto owner = file_lock::holder(path_); !owner.empty())
      s.owners.push_back(owner_called(db_, std::move(owner)));
    return s;
  });
}

result<std::vector<dead_letter>> sqlite_queue::list_dead(const std::string& after, std::size_t limit) {
  const auto place = parse_dead_cursor(after);
  if (!place)
    return place.error();
  return guarded([&]() -> result<std::vector<dead_letter>> {
    std::vector<dead_letter> page;
    db_.query("SELECT id, events, attempts, status, reason, due FROM batch WHERE state = 3 AND (due, id) > (?, ?) "
              "ORDER BY due, id LIMIT ?",
              {place->died.time_since_epoch().count(), place->id, static_cast<std::int64_t>(limit)},
              [&](const sqlite_row& r) { page.push_back(letter_in(r)); });
    return page;
  });
}

result<dead_letter> sqlite_queue::show_dead(const std::string& id) {
  return guarded([&]() -> result<dead_letter> {
    std::optional<dead_letter> found;
    db_.query("SELECT id, events, attempts, status, reason, due, payload FROM batch JOIN body USING(n) "
              "WHERE state = 3 AND id = ?",
              {id}, [&](const sqlite_row& r) {
                found = letter_in(r);
                found->payload = std::make_shared<const std::string>(r.text(6));
              });
    if (!found)
      return error{errc::unknown_batch, "id", "no dead letter has the id " + id};
    return *found;
  });
}

// Calls `change` for each that is chosen, in a transaction for every few hundred.
template <class Change>
result<std::uint64_t> sqlite_queue::change_dead(const std::vector<std::string>& ids, Change change) {
  return guarded([&]() -> result<std::uint64_t> {
    const std::set<std::string> wanted(ids.begin(), ids.end());
    auto next = wanted.begin();
    std::uint64_t events = 0;
    std::optional<std::int64_t> before; // what dies meanwhile is not meant
    for (bool more = true; more;) {
      sqlite_transaction whole{db_};
      changed_totals totals{db_};
      if (!before)
        before = sum_of_totals(db_).dead;
      std::vector<chosen_dead> some;
      const auto choose = [&](const sqlite_row& r) { some.push_back(chosen_in(r)); };
      if (ids.empty()) {
        db_.query("SELECT n, partition, events, bytes FROM batch WHERE state = 3 ORDER BY due, id LIMIT ?",
                  {all_at_a_time}, choose);
        more = some.size() == static_cast<std::size_t>(all_at_a_time);
      } else {
        for (std::int64_t i = 0; next != wanted.end() && i < all_at_a_time; ++next, ++i)
          db_.query("SELECT n, partition, events, bytes FROM batch WHERE state = 3 AND id = ?", {*next}, choose);
        more = next != wanted.end();
      }
      for (const auto& c : some) {
        change(db_, c, totals.of(c.partition));
        events += static_cast<std::uint64_t>(c.events);
      }
      more = more && (!ids.empty() || static_cast<std::int64_t>(events) < *before);
      totals.write();
      whole.commit();
    }
    return events;
  });
}

result<std::uint64_t> sqlite_queue::replay_dead(const std::vector<std::string>& ids) {
  const auto now = std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch());
  return change_dead(ids, [now](sqlite_db& db, const chosen_dead& c, sqlite_totals& t) {
    db.run("UPDATE batch SET state = 0, attempts = 0, crashes = 0, status = 0, reason = '', enqueued = ? WHERE n = ?",
           {std::int64_t{now.count()}, c.n});
    t.move(sqlite_state::dead, sqlite_state::ready, c.events, c.bytes);
  });
}

result<std::uint64_t> sqlite_queue::purge_dead(const std::vector<std::string>& ids) {
  return change_dead(ids, [](sqlite_db& db, const chosen_dead& c, sqlite_totals& t) {
    db.run("DELETE FROM batch WHERE n = ?", {c.n});
    db.run("DELETE FROM body WHERE n = ?", {c.n});
    t.remove(sqlite_state::dead, c.events, c.bytes);
    t.purged += c.events;
  });
}

result<void> sqlite_queue::replace_dead(const std::string& id, const batch_ptr& by) {
  const auto now = std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch());
  return guarded([&]() -> result<void> {
    sqlite_transaction whole{db_};
    std::optional<std::int64_t> partition;
    db_.query("SELECT partition FROM batch WHERE state = 3 AND id = ?", {id},
              [&](const sqlite_row& r) { partition = r.integer(0); });
    if (!partition)
      return error{errc::unknown_batch, "id", "no dead letter has the id " + id};
    auto totals = read_totals(db_, *partition);
    const auto old = *find(db_, *partition, id);
    sluice::erase(db_, old, totals);
    insert(db_, *by,
           {.partition = *partition,
            .place = old.place,
            .enqueued = std::int64_t{now.count()},
            .ended = true,
            .state = sqlite_state::ready},
           totals);
    totals.purged += old.events - by->events;
    write_totals(db_, *partition, totals);
    whole.commit();
    return {};
  });
}

// In the order of their rows, which are given in the order of acceptance.
result<queue_page> sqlite_queue::list_batches(const std::string& after, std::size_t limit) {
  std::int64_t from = 0;
  const auto* end = after.data() + after.size();
  if (const auto [rest, why] = std::from_chars(after.data(), end, from);
      !after.empty() && (why != std::errc{} || rest != end))
    return error{errc::unknown_batch, "after", "is no place in the queue"};
  return guarded([&]() -> result<queue_page> {
    std::int64_t last = from, bytes = 0;
    std::size_t count = 0;
    bool is_full = false;
    db_.query("SELECT n, bytes FROM batch WHERE n > ? ORDER BY n LIMIT ?", {from, static_cast<std::int64_t>(limit)},
              [&](const sqlite_row& r) {
                bytes += r.integer(1);
                is_full = is_full || (count > 0 && bytes > most_bytes_of_page);
                if (is_full)
                  return;
                last = r.integer(0);
                ++count;
              });
    queue_page page;
    db_.query(
        "SELECT id, events, fence, state, payload FROM batch JOIN body USING(n) WHERE n > ? AND n <= ? ORDER BY n",
        {from, last}, [&](const sqlite_row& r) {
          page.batches.push_back({.content = std::make_shared<const batch>(
                                      batch{.id = r.text(0),
                                            .events = static_cast<std::uint32_t>(r.integer(1)),
                                            .payload = std::make_shared<const std::string>(r.text(4))}),
                                  .fence = static_cast<std::uint64_t>(r.integer(2)),
                                  .in_flight = static_cast<sqlite_state>(r.integer(3)) == sqlite_state::in_flight});
        });
    if (is_full || count == limit)
      page.next = std::to_string(last);
    return page;
  });
}

result<std::uint64_t> sqlite_queue::erase_events(const std::vector<erasure>& all) {
  return guarded([&]() -> result<std::uint64_t> {
    sqlite_transaction whole{db_};
    changed_totals totals{db_};
    std::uint64_t events = 0;
    for (const auto& [from, rest] : all) {
      const auto partition = partition_in(from.content->id);
      const auto found = partition ? find(db_, *partition, from.content->id) : std::nullopt;
      if (!found || found->state == sqlite_state::in_flight || static_cast<std::uint64_t>(found->fence) != from.fence ||
          found->events != from.content->events ||
          found->bytes != static_cast<std::int64_t>(from.content->payload->size()))
        continue;
      const auto gone = found->events - (rest ? rest->events : 0);
      auto& t = totals.of(*partition);
      if (rest)
        shrink(*found, *rest, t);
      else
        sluice::erase(db_, *found, t);
      if (!found->ended)
        db_.run("INSERT INTO erased(id, events) VALUES(?, ?) "
                "ON CONFLICT(id) DO UPDATE SET events = events + excluded.events",
                {from.content->id, gone});
      t.erased += gone;
      events += static_cast<std::uint64_t>(gone);
    }
    totals.write();
    whole.commit();
    return events;
  });
}

std::optional<std::int64_t> sqlite_queue::partition_in(const std::string& id) {
  std::optional<std::int64_t> partition;
  db_.query("SELECT partition FROM batch WHERE id = ?", {id}, [&](const sqlite_row& r) { partition = r.integer(0); });
  return partition;
}

void sqlite_queue::shrink(const sqlite_batch& b, const batch& rest, sqlite_totals& totals) {
  const auto bytes = static_cast<std::int64_t>(rest.payload->size());
  db_.run("UPDATE batch SET events = ?, bytes = ? WHERE n = ?", {std::int64_t{rest.events}, bytes, b.n});
  db_.run("UPDATE body SET payload = ? WHERE n = ?", {sqlite_blob{*rest.payload}, b.n});
  totals.remove(b.state, b.events, b.bytes);
  totals.add(b.state, rest.events, bytes);
}

// Pages that are free, and the room between the batches of a page, have what was there before; so has the log. SQLite
// can be told to overwrite what it deletes, but not what it has moved from page to page. So all is written anew.
result<void> sqlite_queue::scrub() {
  return guarded([&]() -> result<void> {
    db_.script("PRAGMA temp_store = FILE; VACUUM; PRAGMA temp_store = MEMORY");
    if (!db_.truncate_log())
      return error{errc::store_failed, "persistence",
                   path_ + " is read by another process, which keeps removed batches in the file's log; end that "
                           "process, and call this again"};
    return {};
  });
}

result<std::vector<queue_note>> sqlite_queue::notes(const std::string& prefix) {
  return guarded([&]() -> result<std::vector<queue_note>> { return read_notes(db_, prefix); });
}

result<bool> sqlite_queue::put_note(const queue_note& note, const std::string& was) {
  return guarded([&]() -> result<bool> { return sluice::put_note(db_, note, was); });
}

result<void> sqlite_queue::set_paused(bool paused) {
  return guarded([&]() -> result<void> {
    sqlite_pause p{.paused = paused};
    if (!paused)
      p.resumed = std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now());
    write_pause(db_, p);
    return {};
  });
}

} // namespace sluice
