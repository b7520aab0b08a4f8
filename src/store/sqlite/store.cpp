#include "store/sqlite/store.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/persistence/partition.hpp"
#include "store/sqlite/batches.hpp"
#include "store/sqlite/enqueues.hpp"
#include "store/sqlite/file.hpp"

namespace sluice {

namespace {

// How much of a drained file is given back at a time, in pages of 4 KiB, and what it keeps for what comes next. A page
// takes about 12 µs.
struct shrinking {
  std::int64_t kept, most;
};
constexpr shrinking at_work{.kept = 4'096, .most = 2'048}, at_rest{.kept = 64, .most = 8'192},
    on_full_disk{.kept = 0, .most = 64};
// How often, and how long in the end.
constexpr std::chrono::seconds shrink_interval{1}, shrink_to_leave{4};

} // namespace

result<std::unique_ptr<store>> sqlite_store::open(const std::string& name, const options& o,
                                                  const std::string& fingerprint) {
  const auto path = path_of_queue(name);
  if (!path)
    return path.error();
  if (const auto fits = find_sqlite_file(*path, o.queue.partitions); !fits) // else this would leave something beside it
    return fits.error();
  auto lock = file_lock::take(*path);
  if (!lock)
    return lock.error();
  auto reserve = disk_reserve::open(*path, o.log);
  if (!reserve)
    return reserve.error();
  const auto now = std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  auto db = make_sqlite_file(*path, o);
  if (!db && db.error().code == errc::store_failed && reserve->is_held()) { // there may be no room for the log
    reserve->ran_out(now);
    db = make_sqlite_file(*path, o);
  }
  if (!db)
    return db.error();
  auto admin = sqlite_queue::open(*path, o.sqlite.durability);
  if (!admin)
    return admin.error();
  std::unique_ptr<sqlite_store> s{
      new sqlite_store{*path, std::move(*lock), std::move(*reserve), std::move(*db), std::move(*admin), o}};
  if (auto begun = s->begin(fingerprint, now); !begun)
    return begun.error();
  // From the first transaction on they are all there.
  s->files_.emplace(std::vector{*path, log_of(*path), *path + "-shm", file_lock::file_for(*path)});
  return std::unique_ptr<store>{std::move(s)};
}

sqlite_store::sqlite_store(std::string path, file_lock lock, disk_reserve reserve, sqlite_db db, sqlite_queue admin,
                           const options& o)
    : path_{std::move(path)}, lock_{std::move(lock)}, reserve_{std::move(reserve)}, db_{std::move(db)},
      admin_{std::move(admin)}, settings_{share_of_partition(o)}, news_(o.queue.partitions) {}

// On a full disk it is done once more, with the reserve.
result<void> sqlite_store::begin(const std::string& fingerprint, store_time now) {
  for (;;) {
    try {
      if (auto ours = claim_destination(db_, fingerprint, settings_.queue.adopt); !ours)
        return ours;
      take_over(now);
      reserve_.take(now);
      return {};
    } catch (const sqlite_failure& f) {
      if (!f.is_full() || !reserve_.is_held())
        return to_error(f);
    }
    reserve_.ran_out(now);
    db_.restart_log();
  }
}

void sqlite_store::leave() {
  try {
    sqlite_transaction whole{db_};
    take_back_all(db_, false);
    const auto left = sum_of_totals(db_);
    whole.commit();
    if (left.ready + left.retry == 0) {
      const auto end = std::chrono::steady_clock::now() + shrink_to_leave;
      while (std::chrono::steady_clock::now() < end && shrink(at_rest.kept, at_rest.most)) {
      }
      db_.flush_log();
      reserve_.remove();
    }
  } catch (const sqlite_failure&) { // the next process takes them back
  }
  lock_.reset();
}

// What the last process had in flight may have been its end: that is counted, and not done for ever.
void sqlite_store::take_over(store_time now) {
  sqlite_transaction whole{db_};
  bury_poison(now);
  take_back_all(db_, true);
  write_health(db_, {}, {});
  db_.run("DELETE FROM erased"); // the process that would ask has gone
  whole.commit();
}

void sqlite_store::bury_poison(store_time now) {
  struct poison {
    std::size_t partition;
    sqlite_batch row;
    std::string id;
  };
  std::vector<poison> found;
  db_.query("SELECT n, partition, attempts, events, bytes, id FROM batch WHERE state = 1 AND crashes >= ?",
            {std::int64_t{settings_.queue.max_crashes}}, [&](const sqlite_row& r) {
              found.push_back({.partition = static_cast<std::size_t>(r.integer(1)),
                               .row = {.n = r.integer(0),
                                       .attempts = r.integer(2),
                                       .events = r.integer(3),
                                       .bytes = r.integer(4),
                                       .state = sqlite_state::in_flight},
                               .id = r.text(5)});
            });
  for (auto& news : news_) // an attempt before this one may have failed
    news.buried.clear();
  const failure_note why{.status = 0, .reason = "poison: in flight at every one of many crashes"};
  for (auto& [partition, row, id] : found) {
    const auto p = static_cast<std::int64_t>(partition);
    auto totals = read_totals(db_, p);
    die(db_, row, static_cast<int>(row.attempts), why, now, totals);
    write_totals(db_, p, totals);
    news_.at(partition).buried.push_back(
        {.id = std::move(id), .events = static_cast<std::uint32_t>(row.events), .why = why});
  }
}

work_result sqlite_store::apply(const unit_of_work& work) {
  auto done = apply_units({&work, 1});
  if (!done)
    return done.error();
  return std::move(done->front().answer);
}

std::vector<work_result> sqlite_store::apply_all(const std::vector<unit_of_work>& all) {
  std::vector<work_result> results;
  if (all.empty())
    return results;
  auto done = apply_units(all);
  if (!done)
    return std::vector<work_result>(all.size(), done.error());
  for (auto& d : *done)
    results.emplace_back(std::move(d.answer));
  return results;
}

result<sqlite_store::all_done> sqlite_store::apply_units(units all) {
  auto done = apply_with_room(all);
  // Looked at last: what is answered as stored was stored where the next process will look for it.
  if (const auto moved = files_->moved(); !moved.empty())
    return error{errc::not_a_queue, "persistence",
                 moved + " was removed or replaced while its queue was processed: what is stored now would be lost"};
  if (is_log_long(path_)) // processes that only enqueue fill it, also while this one has nothing to write
    db_.flush_log();
  return done;
}

// On a full disk, what makes room goes on without what needs some.
result<sqlite_store::all_done> sqlite_store::apply_with_room(units all) {
  const auto now = all.front().now;
  try {
    if (reserve_.may_grow(now)) {
      try {
        return attempt(all, true);
      } catch (const sqlite_failure& f) {
        if (!f.is_full())
          throw;
      }
      reserve_.ran_out(now);
    }
    db_.restart_log(); // it need not grow then
    return attempt(all, false);
  } catch (const sqlite_failure& f) {
    return to_error(f);
  }
}

sqlite_store::all_done sqlite_store::attempt(units all, bool may_grow) {
  sqlite_transaction whole{db_};
  const sqlite_unit_scope scope{.db = db_, .limits = settings_, .pause = apply_to_queue(all), .may_grow = may_grow};
  all_done done;
  for (const auto& work : all)
    done.push_back(apply_unit(scope, work));
  const bool grew = std::any_of(done.begin(), done.end(), [](const sqlite_unit_done& d) { return d.grew; });
  if (grew)
    db_.allocate();
  whole.commit();
  for (std::size_t i = 0; i < all.size(); ++i)
    report_news(all[i], done[i].answer);
  if (grew)
    reserve_.grew();
  give_space_back(all, done);
  return done;
}

// What spans the partitions. It comes before all of their work, so that it holds for each of them alike.
sqlite_pause sqlite_store::apply_to_queue(units all) {
  for (const auto& work : all) {
    if (work.fingerprint)
      write_fingerprint(db_, *work.fingerprint);
    if (work.pause)
      write_pause(db_, {.paused = *work.pause});
    if (work.health)
      write_health(db_, *work.health, work.now);
  }
  return read_pause(db_);
}

void sqlite_store::report_news(const unit_of_work& work, work_done& answer) {
  auto& news = news_.at(work.partition);
  answer.buried.insert(answer.buried.begin(), news.buried.begin(), news.buried.end());
  news.buried.clear();
  news.ended.delivered += answer.ended.delivered;
  news.ended.dead += answer.ended.dead;
  answer.ended = work.wants_ended || !work.look_for.empty() ? news.ended : ended_events{};
}

// A file whose backlog has gone shrinks, a part at a time; on a full disk also while it waits.
void sqlite_store::give_space_back(units all, const all_done& done) {
  const auto now = all.front().now;
  const auto is_drained = [](const sqlite_totals& t) { return t.ready + t.retry == 0; };
  bool drained = std::all_of(done.begin(), done.end(), [&](const auto& d) { return is_drained(d.totals); });
  if ((!drained && reserve_.is_held()) || (now >= shrunk_ && now - shrunk_ < shrink_interval))
    return;
  try {
    const auto totals = sum_of_totals(db_); // other partitions may have a backlog
    drained = is_drained(totals);
    if (!drained && reserve_.is_held())
      return;
    shrunk_ = now;
    const bool is_idle = std::all_of(all.begin(), all.end(),
                                     [](const unit_of_work& w) { return w.settlements.empty() && w.enqueues.empty(); });
    const bool rests = drained && totals.in_flight == 0 && is_idle;
    const auto how = rests ? at_rest : reserve_.is_held() ? at_work : on_full_disk;
    if ((shrink(how.kept, how.most) || !reserve_.is_held()) && rests)
      db_.flush_log();              // until then the file has its size
  } catch (const sqlite_failure&) { // the units of work are done all the same
  }
}

bool sqlite_store::shrink(std::int64_t kept, std::int64_t most) {
  std::int64_t unused = 0;
  db_.query("PRAGMA freelist_count", {}, [&](const sqlite_row& r) { unused = r.integer(0); });
  if (unused <= kept)
    return false;
  db_.script("PRAGMA incremental_vacuum(" + std::to_string(std::min(unused - kept, most)) + ")");
  return true;
}

} // namespace sluice
