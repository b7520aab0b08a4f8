#include "store/sqlite/enqueuer.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "core/persistence/partition.hpp"
#include "store/sqlite/batches.hpp"
#include "store/sqlite/enqueues.hpp"
#include "store/sqlite/file.hpp"
#include "store/sqlite/lock.hpp"
#include "store/sqlite/reserve.hpp"
#include "store/unsettled.hpp"

namespace sluice {

namespace {

std::vector<std::string> files_of(const std::string& path) {
  return {path, log_of(path), path + "-shm"};
}

bool asks_something(const unit_of_work& work) {
  return !work.enqueues.empty() || !work.look_for.empty();
}

} // namespace

sqlite_enqueuer::sqlite_enqueuer(std::string path, sqlite_db db, sqlite_queue admin, const options& o,
                                 std::string fingerprint)
    : path_{std::move(path)}, db_{std::move(db)}, admin_{std::move(admin)}, settings_{share_of_partition(o)},
      fingerprint_{std::move(fingerprint)}, files_{files_of(path_)} {}

result<std::unique_ptr<store>> sqlite_enqueuer::open(const std::string& name, const options& o,
                                                     const std::string& fingerprint) {
  auto path = path_of_queue(name);
  if (!path)
    return path.error();
  auto db = make_sqlite_file(*path, o);
  if (!db)
    return db.error();
  try {
    db->script("PRAGMA wal_autocheckpoint = 0"); // see `apply_units`
    if (auto ours = claim_destination(*db, fingerprint, false); !ours)
      return ours.error();
  } catch (const sqlite_failure& f) {
    return to_error(f);
  }
  auto admin = sqlite_queue::open(*path, o.sqlite.durability);
  if (!admin)
    return admin.error();
  return std::unique_ptr<store>{
      new sqlite_enqueuer{std::move(*path), std::move(*db), std::move(*admin), o, fingerprint}};
}

work_result sqlite_enqueuer::apply(const unit_of_work& work) {
  auto done = apply_units({&work, 1});
  if (!done)
    return done.error();
  return std::move(done->front());
}

std::vector<work_result> sqlite_enqueuer::apply_all(const std::vector<unit_of_work>& all) {
  auto done = apply_units(all);
  if (!done)
    return std::vector<work_result>(all.size(), done.error());
  return std::vector<work_result>(std::make_move_iterator(done->begin()), std::make_move_iterator(done->end()));
}

result<std::vector<work_done>> sqlite_enqueuer::apply_units(units all) {
  auto done = enqueue(all);
  if (const auto moved = files_.moved(); !moved.empty())
    return error{errc::not_a_queue, "persistence",
                 moved + " was removed or replaced: what is stored now would be lost"};
  // The process that owns the queue empties the log, as it takes room for that; while there is none, the log must not
  // grow without bound. One that comes at this moment does no harm.
  if (is_log_long(path_) && file_lock::holder(path_).empty())
    db_.flush_log();
  return done;
}

result<std::vector<work_done>> sqlite_enqueuer::enqueue(units all) {
  std::vector<work_done> done;
  for (const auto& work : all)
    done.push_back({.settled = unsettled(work.settlements)});
  if (std::none_of(all.begin(), all.end(), asks_something))
    return done;
  if (!has_room_for(all))
    return error{errc::store_failed, "persistence",
                 "the disk is full: " + path_ + " takes no new batches until it has room"};
  try {
    sqlite_transaction whole{db_};
    if (const auto ours = check_destination(db_, fingerprint_); !ours) // the owner may have redirected the queue
      return ours.error();
    if (const auto fits = check_partitions(db_, settings_.queue.partitions); !fits) // or they were changed
      return fits.error();
    for (std::size_t i = 0; i < all.size(); ++i)
      if (asks_something(all[i]))
        put(all[i], done[i]);
    whole.commit();
    return done;
  } catch (const sqlite_failure& f) {
    return to_error(f);
  }
}

void sqlite_enqueuer::put(const unit_of_work& work, work_done& done) {
  const auto partition = static_cast<std::int64_t>(work.partition);
  const auto before = read_totals(db_, partition);
  auto totals = before;
  sqlite_enqueues enqueues{db_, settings_.queue, work, totals};
  for (const auto& b : work.enqueues)
    done.enqueued.push_back(enqueues.put(*b, sqlite_state::ready) == put_outcome::refused
                                ? enqueue_outcome::backlog_full
                                : enqueue_outcome::stored);
  for (const auto& id : work.look_for)
    done.found.push_back(presence_of(db_, id));
  if (totals != before)
    write_totals(db_, partition, totals);
}

// What is in the log needs room in the file as well, which only the process that empties the log can take for it. And
// the room that a process on a full disk has given up is for its settlements.
bool sqlite_enqueuer::has_room_for(units all) const {
  auto bytes = size_of_log(path_);
  bool needs_room = false;
  for (const auto& work : all)
    for (const auto& b : work.enqueues) {
      bytes += b->payload->size();
      needs_room = true;
    }
  return !needs_room || disk_reserve::is_room_beside(path_, bytes);
}

} // namespace sluice
