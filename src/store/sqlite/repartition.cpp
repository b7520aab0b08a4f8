#include "store/sqlite/repartition.hpp"

#include <algorithm>
#include <chrono>
#include <limits>
#include <memory>
#include <vector>

#include "core/persistence/batch_divider.hpp"
#include "core/persistence/batch_joiner.hpp"
#include "store/sqlite/database.hpp"
#include "store/sqlite/file.hpp"
#include "store/sqlite/lock.hpp"
#include "store/sqlite/queue.hpp"

namespace sluice {

namespace {

// What is read before anything of it is written.
constexpr std::int64_t page = 64;

struct stored_batch {
  std::int64_t n = 0, partition = 0;
  bool dead = false;
  batch content{};
};

class change {
public:
  change(sqlite_db& db, const options& o)
      : db_{db}, settings_{o}, partitions_{o.queue.partitions}, by_user_{o.ordering == delivery_order::per_user},
        divider_{partitions_, by_user_} {}

  repartition_done make() {
    sqlite_transaction whole{db_};
    done_.before = count_partitions(db_);
    if (done_.before != partitions_) {
      std::int64_t last = 0; // the parts come behind it
      db_.query("SELECT coalesce(max(n), 0) FROM batch", {}, [&](const sqlite_row& r) { last = r.integer(0); });
      for (std::int64_t n = 0; n < last;)
        n = place_page(n, last);
      for (std::size_t p = 0; p < partitions_ && by_user_; ++p)
        join_ready(static_cast<std::int64_t>(p));
      place_totals();
      set_partitions(db_, partitions_);
      db_.allocate();
    }
    whole.commit();
    return done_;
  }

private:
  // Gives the last batch of the page.
  std::int64_t place_page(std::int64_t after, std::int64_t last) {
    std::vector<stored_batch> some;
    db_.query("SELECT n, partition, state = 3, id, events, payload FROM batch LEFT JOIN body USING(n) "
              "WHERE n > ? AND n <= ? ORDER BY n LIMIT ?",
              {after, last, page}, [&](const sqlite_row& r) {
                some.push_back({.n = r.integer(0),
                                .partition = r.integer(1),
                                .dead = r.integer(2) != 0,
                                .content = {.id = r.text(3),
                                            .events = static_cast<std::uint32_t>(r.integer(4)),
                                            .payload = std::make_shared<const std::string>(r.text(5))}});
              });
    for (const auto& b : some)
      place(b);
    return some.empty() ? last : some.back().n;
  }

  // A dead letter keeps the id by which an operator knows it.
  void place(const stored_batch& b) {
    const auto parts =
        b.dead ? undivided(b.content, partitions_) : divider_.parts_of(b.content, std::chrono::system_clock::now());
    if (parts.front().content.id == b.content.id) {
      const auto partition = static_cast<std::int64_t>(parts.front().partition);
      if (partition == b.partition)
        return;
      db_.run("UPDATE batch SET partition = ? WHERE n = ?", {partition, b.n});
      ++done_.moved;
      return;
    }
    for (const auto& p : parts)
      insert(b.n, p);
    erase(b.n);
    ++done_.divided;
  }

  void erase(std::int64_t n) {
    db_.run("DELETE FROM batch WHERE n = ?", {n});
    db_.run("DELETE FROM body WHERE n = ?", {n});
  }

  // It is in all else as the one in this row.
  void insert(std::int64_t like, const batch_part& p) {
    db_.run("INSERT INTO batch(id, partition, place, state, attempts, crashes, ended, events, bytes, enqueued, due,"
            " status, reason) SELECT ?, ?, place, state, attempts, crashes, ended, ?, ?, enqueued, due, status, reason "
            "FROM batch WHERE n = ?",
            {p.content.id, static_cast<std::int64_t>(p.partition), std::int64_t{p.content.events},
             static_cast<std::int64_t>(p.content.payload->size()), like});
    db_.run("INSERT INTO body(n, payload) VALUES(last_insert_rowid(), ?)", {sqlite_blob{*p.content.payload}});
  }

  // What was divided is small. What was tried before stays as it is, and apart.
  void join_ready(std::int64_t partition) {
    std::vector<std::int64_t> others;
    db_.query("SELECT place FROM batch WHERE state = 1 AND partition = ?1 UNION ALL "
              "SELECT place FROM batch WHERE state > 1 AND state = 2 AND partition = ?1 ORDER BY place",
              {partition}, [&](const sqlite_row& r) { others.push_back(r.integer(0)); });
    placed_batch last{.place = std::numeric_limits<std::int64_t>::min()};
    for (bool more = true; more;) {
      std::vector<std::int64_t> rows, enqueued;
      std::vector<placed_batch> some;
      db_.query(
          "SELECT n, place, attempts + crashes = 0, id, events, payload, enqueued FROM batch LEFT JOIN body USING(n) "
          "WHERE state = 0 AND partition = ? AND (place, id) > (?, ?) ORDER BY place, id LIMIT ?",
          {partition, last.place, last.content.id, page}, [&](const sqlite_row& r) {
            rows.push_back(r.integer(0));
            enqueued.push_back(r.integer(6));
            some.push_back({.place = r.integer(1),
                            .content = {.id = r.text(3), .events = static_cast<std::uint32_t>(r.integer(4))}});
            if (r.integer(2) != 0)
              some.back().content.payload = std::make_shared<const std::string>(r.text(5));
          });
      if (!some.empty())
        last = some.back();
      const auto p = static_cast<std::size_t>(partition);
      for (const auto& j : join(some, others, p, settings_, sealer_, std::chrono::system_clock::now())) {
        const auto first = static_cast<std::ptrdiff_t>(j.first), end = first + static_cast<std::ptrdiff_t>(j.count);
        insert(rows[j.first], {.partition = p, .content = j.content});
        db_.run("UPDATE batch SET enqueued = ? WHERE n = last_insert_rowid()", // as old as the youngest of them
                {*std::max_element(enqueued.begin() + first, enqueued.begin() + end)});
        std::for_each(rows.begin() + first, rows.begin() + end, [this](std::int64_t n) { erase(n); });
      }
      more = rows.size() == static_cast<std::size_t>(page);
    }
  }

  // What has gone is counted in the first partition.
  void place_totals() {
    const auto gone = sum_of_totals(db_);
    std::int64_t next_place = 1;
    db_.query("SELECT max(next_place) FROM total", {}, [&](const sqlite_row& r) { next_place = r.integer(0); });
    db_.run("DELETE FROM total");
    for (std::size_t p = 0; p < partitions_; ++p)
      db_.run("INSERT INTO total(partition, next_place) VALUES(?, ?)", {static_cast<std::int64_t>(p), next_place});
    db_.run("UPDATE total SET delivered = ?, purged = ?, erased = ? WHERE partition = 0",
            {gone.delivered, gone.purged, gone.erased});
    db_.run(
        "UPDATE total SET (ready, in_flight, retry, dead, backlog_bytes, dead_bytes) = (b.ready, b.in_flight, "
        "b.retry, b.dead, b.backlog_bytes, b.dead_bytes) FROM (SELECT partition, sum(events * (state = 0)) AS ready, "
        "sum(events * (state = 1)) AS in_flight, sum(events * (state = 2)) AS retry, "
        "sum(events * (state = 3)) AS dead, sum(bytes * (state <> 3)) AS backlog_bytes, "
        "sum(bytes * (state = 3)) AS dead_bytes FROM batch GROUP BY partition) AS b "
        "WHERE b.partition = total.partition");
    db_.run("UPDATE total SET stored = delivered + purged + erased + ready + in_flight + retry + dead");
  }

  sqlite_db& db_;
  const options& settings_;
  const std::size_t partitions_;
  const bool by_user_;
  payload_sealer sealer_;
  batch_divider divider_;
  repartition_done done_;
};

} // namespace

result<repartition_done> repartition_sqlite(const std::string& name, const options& o) {
  const auto path = path_of_queue(name);
  if (!path)
    return path.error();
  if (const auto found = find_sqlite_file(*path); !found || !*found) // else the lock would make a file beside it
    return found ? error{errc::not_a_queue, "persistence", *path + ": there is no such queue"} : found.error();
  const auto lock = file_lock::take(*path);
  if (!lock)
    return lock.error();
  auto db = open_sqlite_file(*path, o.sqlite.durability);
  if (!db)
    return db.error();
  try {
    const auto done = change{*db, o}.make();
    // Those that come next look for the number of partitions in the file itself.
    db->restart_log();
    db->flush_log();
    if (!find_sqlite_file(*path, o.queue.partitions))
      return error{errc::store_failed, "persistence",
                   *path + " is read by another process, which keeps the change in the file's log; end that process, "
                           "and call this again"};
    return done;
  } catch (const sqlite_failure& f) {
    return to_error(f);
  }
}

} // namespace sluice
