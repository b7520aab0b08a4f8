#include "store/sqlite/store.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/wire/batch_id.hpp"
#include "store/longest_delay.hpp"
#include "store/no_room_delay.hpp"
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

std::int64_t ms(store_time t) {
  return t.time_since_epoch().count();
}

// Where a settlement leaves a batch that it does not remove.
sqlite_state end_of(const settlement& s) {
  if (std::holds_alternative<nack>(s) || std::holds_alternative<defer>(s))
    return sqlite_state::retry;
  if (std::holds_alternative<bury>(s))
    return sqlite_state::dead;
  return std::holds_alternative<release>(s) ? sqlite_state::ready : sqlite_state::in_flight;
}

} // namespace

result<std::unique_ptr<store>> sqlite_store::open(const std::string& name, const options& o,
                                                  const std::string& fingerprint) {
  const auto path = path_of_queue(name);
  if (!path)
    return path.error();
  auto lock = file_lock::take(*path);
  if (!lock)
    return lock.error();
  auto reserve = disk_reserve::open(*path, o.log);
  if (!reserve)
    return reserve.error();
  const auto now = std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
  auto db = open_sqlite_file(*path, o.sqlite.durability, when_missing::create);
  if (!db && db.error().code == errc::store_failed && reserve->is_held()) { // there may be no room for the log
    reserve->ran_out(now);
    db = open_sqlite_file(*path, o.sqlite.durability, when_missing::create);
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
    const unit_of_work nothing;
    transaction_state t{.work = nothing, .totals = read_totals(db_)};
    take_back_all_but({}, t);
    write_totals(db_, t.totals);
    whole.commit();
    if (t.totals.ready + t.totals.retry == 0) {
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
  auto totals = read_totals(db_);
  std::vector<row> poisonous;
  const failure_note why{.status = 0, .reason = "poison: in flight at every one of many crashes"};
  buried_.clear(); // an attempt before this one may have failed
  db_.query("SELECT n, attempts, events, bytes, id FROM batch WHERE state = 1 AND crashes >= ?",
            {std::int64_t{settings_.queue.max_crashes}}, [&](const sqlite_row& r) {
              poisonous.push_back({.n = r.integer(0),
                                   .attempts = r.integer(1),
                                   .events = r.integer(2),
                                   .bytes = r.integer(3),
                                   .state = sqlite_state::in_flight});
              buried_.push_back({.id = r.text(4), .events = static_cast<std::uint32_t>(r.integer(2)), .why = why});
            });
  for (const auto& p : poisonous)
    die(p, static_cast<int>(p.attempts), why, now, totals);
  db_.run("UPDATE batch SET state = 0, crashes = crashes + 1 WHERE state = 1");
  write_health(db_, {}, {});
  totals.ready += std::exchange(totals.in_flight, 0);
  write_totals(db_, totals);
  whole.commit();
}

work_result sqlite_store::apply(const unit_of_work& work) {
  auto done = apply_with_room(work);
  // Looked at last: what is answered as stored was stored where the next process will look for it.
  if (const auto moved = files_->moved(); !moved.empty())
    return error{errc::not_a_queue, "persistence",
                 moved + " was removed or replaced while its queue was processed: what is stored now would be lost"};
  if (is_log_long(path_)) // processes that only enqueue fill it, also while this one has nothing to write
    db_.flush_log();
  return done;
}

// On a full disk, what makes room goes on without what needs some.
work_result sqlite_store::apply_with_room(const unit_of_work& work) {
  try {
    if (reserve_.may_grow(work.now)) {
      try {
        return attempt(work, true);
      } catch (const sqlite_failure& f) {
        if (!f.is_full())
          throw;
      }
      reserve_.ran_out(work.now);
    }
    db_.restart_log(); // it need not grow then
    return attempt(work, false);
  } catch (const sqlite_failure& f) {
    return to_error(f);
  }
}

work_done sqlite_store::attempt(const unit_of_work& work, bool may_grow) {
  sqlite_transaction whole{db_};
  const auto before = read_totals(db_);
  transaction_state t{.work = work, .totals = before, .may_grow = may_grow};
  t.done.buried = buried_;
  if (work.fingerprint)
    write_fingerprint(db_, *work.fingerprint);
  if (work.pause)
    write_pause(db_, {.paused = *work.pause});
  if (work.health)
    write_health(db_, *work.health, work.now);
  const auto pause = read_pause(db_);
  t.done.paused = pause.paused;
  t.done.resumed = pause.resumed;
  for (const auto& s : work.settlements)
    t.done.settled.push_back(settle(s, t));
  promote(t);
  const bool closed = t.done.paused || (work.in_order && t.totals.retry > 0);
  if (!closed)
    claim(t);
  sqlite_enqueues enqueues{db_, settings_.queue, work, t.totals, !may_grow};
  for (const auto& b : work.enqueues) {
    // Leased at once, if nothing older is ready: then the claim has left slots.
    const bool leased = !closed && t.done.granted.size() < work.slots;
    const auto put = enqueues.put(*b, leased ? sqlite_state::in_flight : sqlite_state::ready);
    t.done.enqueued.push_back(put == put_outcome::refused ? enqueue_outcome::backlog_full : enqueue_outcome::stored);
    t.grew = t.grew || put == put_outcome::put_in;
    if (leased && put == put_outcome::put_in)
      t.done.granted.push_back({.content = b, .fence = 1, .attempts = 0});
  }
  db_.query("SELECT due FROM batch WHERE state = 2 ORDER BY due LIMIT 1", {},
            [&](const sqlite_row& r) { t.done.next_due = store_time{std::chrono::milliseconds{r.integer(0)}}; });
  for (const auto& root : work.look_for)
    t.done.found.push_back(presence_of(db_, root));
  if (t.totals != before) // a look for changes of others must not write
    write_totals(db_, t.totals);
  if (t.grew)
    db_.allocate();
  whole.commit();
  buried_.clear();
  ended_.delivered += t.ended.delivered;
  ended_.dead += t.ended.dead;
  if (!work.look_for.empty())
    t.done.ended = ended_;
  if (t.grew)
    reserve_.grew();
  give_space_back(t);
  return std::move(t.done);
}

settle_outcome sqlite_store::settle(const settlement& s, transaction_state& t) {
  const lease* about = lease_of(s);
  if (!about) {
    if (const auto* r = std::get_if<retain>(&s))
      take_back_all_but(r->leases, t);
    return settle_outcome::applied;
  }
  const auto r = find(about->id);
  if (!r)
    return settle_outcome::gone;
  const bool present = static_cast<std::uint64_t>(r->fence) == about->fence;
  if (present && r->state != sqlite_state::in_flight && r->state == end_of(s))
    return settle_outcome::applied;
  if (!present || r->state != sqlite_state::in_flight)
    return settle_outcome::stale;
  if (std::holds_alternative<ack>(s)) {
    erase(*r, t.totals);
    t.totals.delivered += r->events;
    count_end(*r, about->id, t.ended.delivered, t);
  } else if (const auto* n = std::get_if<nack>(&s)) {
    retry_later(*r, 1, n->delay, n->why, t);
  } else if (const auto* d = std::get_if<defer>(&s)) {
    retry_later(*r, 0, d->delay, d->why, t);
  } else if (const auto* b = std::get_if<bury>(&s)) {
    return settle_bury(*r, *b, t);
  } else if (const auto* p = std::get_if<split>(&s)) {
    return settle_split(*r, *p, t);
  } else {
    db_.run("UPDATE batch SET state = 0 WHERE n = ?", {r->n});
    t.totals.move(sqlite_state::in_flight, sqlite_state::ready, r->events, r->bytes);
  }
  return settle_outcome::applied;
}

void sqlite_store::retry_later(const row& r, int counted, milliseconds delay, const failure_note& why,
                               transaction_state& t) {
  db_.run("UPDATE batch SET state = 2, attempts = attempts + ?, due = ?, status = ?, reason = ? WHERE n = ?",
          {std::int64_t{counted}, ms(t.work.now + delay), std::int64_t{why.status}, why.reason, r.n});
  t.totals.move(sqlite_state::in_flight, sqlite_state::retry, r.events, r.bytes);
}

settle_outcome sqlite_store::settle_bury(const row& r, const bury& b, transaction_state& t) {
  if (make_room_for_dead(r, t)) {
    die(r, static_cast<int>(r.attempts) + 1, b.why, t.work.now, t.totals);
    count_end(r, b.lease.id, t.ended.dead, t);
    return settle_outcome::applied;
  }
  retry_later(r, 1, no_room_delay, b.why, t);
  return settle_outcome::no_room;
}

bool sqlite_store::make_room_for_dead(const row& r, transaction_state& t) {
  const auto& limits = settings_.dead_letters;
  const auto events = static_cast<std::int64_t>(limits.max_events) - r.events;
  const auto bytes = static_cast<std::int64_t>(limits.max_bytes) - r.bytes;
  for (;;) {
    if (t.totals.dead <= events && t.totals.dead_bytes <= bytes)
      return true;
    std::optional<row> oldest;
    if (limits.when_full == dead_letters_full::drop_oldest && events >= 0 && bytes >= 0)
      db_.query(
          "SELECT n, events, bytes FROM batch WHERE state = 3 ORDER BY died LIMIT 1", {}, [&](const sqlite_row& x) {
            oldest = row{.n = x.integer(0), .events = x.integer(1), .bytes = x.integer(2), .state = sqlite_state::dead};
          });
    if (!oldest)
      return false;
    erase(*oldest, t.totals);
    t.totals.purged += oldest->events;
    t.done.purged_events += static_cast<std::uint64_t>(oldest->events);
  }
}

settle_outcome sqlite_store::settle_split(const row& r, const split& p, transaction_state& t) {
  // Halves that do not add up would lose or invent events.
  if (std::int64_t{p.first->events} + p.second->events != r.events)
    return settle_outcome::stale;
  if (!t.may_grow) {
    db_.run("UPDATE batch SET state = 2, due = ? WHERE n = ?", {ms(t.work.now + no_room_delay), r.n});
    t.totals.move(sqlite_state::in_flight, sqlite_state::retry, r.events, r.bytes);
    return settle_outcome::no_room;
  }
  erase(r, t.totals);
  for (const auto& half : {p.first, p.second}) {
    if (find(half->id)) { // it was stored again, and counted beside the whole
      t.totals.stored -= half->events;
      continue;
    }
    insert(db_, *half, {.place = r.place, .enqueued = r.enqueued, .ended = r.ended, .state = sqlite_state::ready},
           t.totals);
    t.grew = true;
  }
  return settle_outcome::applied;
}

void sqlite_store::take_back_all_but(const std::vector<lease>& kept, transaction_state& t) {
  std::vector<row> back;
  db_.query("SELECT n, id, fence, events, bytes FROM batch WHERE state = 1 ORDER BY id", {}, [&](const sqlite_row& r) {
    if (std::find(kept.begin(), kept.end(), lease{r.text(1), static_cast<std::uint64_t>(r.integer(2))}) == kept.end())
      back.push_back({.n = r.integer(0), .events = r.integer(3), .bytes = r.integer(4)});
  });
  for (const auto& r : back) {
    db_.run("UPDATE batch SET state = 0 WHERE n = ?", {r.n});
    t.totals.move(sqlite_state::in_flight, sqlite_state::ready, r.events, r.bytes);
  }
}

void sqlite_store::promote(transaction_state& t) {
  if (t.totals.retry == 0)
    return;
  std::vector<row> due;
  // Also what lies further ahead than any delay: the clock was set back.
  db_.query("SELECT n, events, bytes FROM batch WHERE state = 2 AND due <= ? UNION ALL "
            "SELECT n, events, bytes FROM batch WHERE state = 2 AND due > ?",
            {ms(t.work.now), ms(t.work.now + longest_delay(settings_))}, [&](const sqlite_row& r) {
              due.push_back({.n = r.integer(0), .events = r.integer(1), .bytes = r.integer(2)});
            });
  for (const auto& r : due) {
    db_.run("UPDATE batch SET state = 0 WHERE n = ?", {r.n});
    t.totals.move(sqlite_state::retry, sqlite_state::ready, r.events, r.bytes);
  }
}

// A batch without a body dies, and the next oldest gets its slot: else one of this unit might overtake that.
void sqlite_store::claim(transaction_state& t) {
  while (t.done.granted.size() < t.work.slots && t.totals.ready > 0)
    if (!claim_oldest(t.work.slots - t.done.granted.size(), t))
      return;
}

bool sqlite_store::claim_oldest(std::size_t slots, transaction_state& t) {
  struct found {
    row r;
    std::string id;
    std::shared_ptr<const std::string> payload;
  };
  std::vector<found> oldest;
  db_.query("SELECT n, id, fence, attempts, events, bytes, payload, enqueued, ended FROM batch LEFT JOIN body USING(n) "
            "WHERE state = 0 ORDER BY place, id LIMIT ?",
            {static_cast<std::int64_t>(slots)}, [&](const sqlite_row& r) {
              oldest.push_back({.r = {.n = r.integer(0),
                                      .fence = r.integer(2),
                                      .attempts = r.integer(3),
                                      .events = r.integer(4),
                                      .bytes = r.integer(5),
                                      .enqueued = r.integer(7),
                                      .ended = r.integer(8) != 0},
                                .id = r.text(1),
                                .payload = std::make_shared<const std::string>(r.text(6))});
            });
  for (auto& f : oldest) {
    if (f.payload->empty()) {
      const failure_note why{.status = 0, .reason = "body_missing"};
      die(f.r, static_cast<int>(f.r.attempts), why, t.work.now, t.totals);
      count_end(f.r, f.id, t.ended.dead, t);
      t.done.buried.push_back({.id = std::move(f.id), .events = static_cast<std::uint32_t>(f.r.events), .why = why});
      continue;
    }
    db_.run("UPDATE batch SET state = 1, fence = fence + 1 WHERE n = ?", {f.r.n});
    t.totals.move(sqlite_state::ready, sqlite_state::in_flight, f.r.events, f.r.bytes);
    auto content = std::make_shared<const batch>(batch{
        .id = std::move(f.id), .events = static_cast<std::uint32_t>(f.r.events), .payload = std::move(f.payload)});
    t.done.granted.push_back({.content = std::move(content),
                              .fence = static_cast<std::uint64_t>(f.r.fence) + 1,
                              .attempts = static_cast<int>(f.r.attempts),
                              .age = milliseconds{std::max(ms(t.work.now) - f.r.enqueued, std::int64_t{0})}});
  }
  return !oldest.empty();
}

void sqlite_store::erase(const row& r, sqlite_totals& totals) {
  db_.run("DELETE FROM batch WHERE n = ?", {r.n});
  db_.run("DELETE FROM body WHERE n = ?", {r.n});
  totals.remove(r.state, r.events, r.bytes);
}

void sqlite_store::die(const row& r, int attempts, const failure_note& why, store_time now, sqlite_totals& totals) {
  db_.run("UPDATE batch SET state = 3, attempts = ?, status = ?, reason = ?, died = ?, ended = 1 WHERE n = ?",
          {std::int64_t{attempts}, std::int64_t{why.status}, why.reason, ms(now), r.n});
  totals.move(r.state, sqlite_state::dead, r.events, r.bytes);
}

// Its last state may be a later end: what was dead once, and replayed, has been counted.
void sqlite_store::count_end(const row& r, const std::string& id, std::uint64_t& where, const transaction_state& t) {
  if (!r.ended && sequence_in(id, t.work.incarnation))
    where += static_cast<std::uint64_t>(r.events);
}

// A file whose backlog has gone shrinks, a part at a time; on a full disk also while it waits.
void sqlite_store::give_space_back(const transaction_state& t) {
  const auto now = t.work.now;
  const bool drained = t.totals.ready + t.totals.retry == 0;
  if ((!drained && reserve_.is_held()) || (now >= shrunk_ && now - shrunk_ < shrink_interval))
    return;
  shrunk_ = now;
  const bool rests = drained && t.totals.in_flight == 0 && t.work.settlements.empty() && t.work.enqueues.empty();
  const auto how = rests ? at_rest : reserve_.is_held() ? at_work : on_full_disk;
  try {
    if ((shrink(how.kept, how.most) || !reserve_.is_held()) && rests)
      db_.flush_log();              // until then the file has its size
  } catch (const sqlite_failure&) { // the unit of work is done all the same
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

std::optional<sqlite_store::row> sqlite_store::find(const std::string& id) {
  std::optional<row> found;
  db_.query("SELECT n, place, fence, attempts, events, bytes, enqueued, state, ended FROM batch WHERE id = ?", {id},
            [&](const sqlite_row& r) {
              found = row{.n = r.integer(0),
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

} // namespace sluice
