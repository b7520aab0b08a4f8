#include "store/sqlite/queue.hpp"

#include <map>
#include <set>

#include "core/persistence/dead_cursor.hpp"
#include "store/sqlite/file.hpp"
#include "store/sqlite/lock.hpp"

namespace sluice {

namespace {

// Dead letters that one transaction changes, when all are meant.
constexpr std::int64_t all_at_a_time = 500;

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
          .next_place = r.integer(9)};
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

void sqlite_totals::remove(sqlite_state from, std::int64_t events, std::int64_t bytes) {
  in(from) -= events;
  (from == sqlite_state::dead ? dead_bytes : backlog_bytes) -= bytes;
}

sqlite_totals read_totals(sqlite_db& db, std::int64_t partition) {
  sqlite_totals t;
  db.query("SELECT stored, delivered, purged, ready, in_flight, retry, dead, backlog_bytes, dead_bytes, next_place "
           "FROM total WHERE partition = ?",
           {partition}, [&](const sqlite_row& r) { t = totals_in(r); });
  return t;
}

void write_totals(sqlite_db& db, std::int64_t partition, const sqlite_totals& t) {
  db.run("UPDATE total SET stored = ?, delivered = ?, purged = ?, ready = ?, in_flight = ?, retry = ?, dead = ?, "
         "backlog_bytes = ?, dead_bytes = ?, next_place = ? WHERE partition = ?",
         {t.stored, t.delivered, t.purged, t.ready, t.in_flight, t.retry, t.dead, t.backlog_bytes, t.dead_bytes,
          t.next_place, partition});
}

sqlite_totals sum_of_totals(sqlite_db& db) {
  sqlite_totals t;
  db.query("SELECT sum(stored), sum(delivered), sum(purged), sum(ready), sum(in_flight), sum(retry), sum(dead), "
           "sum(backlog_bytes), sum(dead_bytes), sum(next_place) FROM total",
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
