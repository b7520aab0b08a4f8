#include "store/sqlite/unit.hpp"

#include <algorithm>
#include <utility>

#include "core/wire/batch_id.hpp"
#include "store/longest_delay.hpp"
#include "store/no_room_delay.hpp"
#include "store/sqlite/batches.hpp"
#include "store/sqlite/enqueues.hpp"

namespace sluice {

namespace {

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

// The state machine of a partition, for one unit of work.
class unit_at_work {
public:
  unit_at_work(const sqlite_unit_scope& scope, const unit_of_work& work)
      : scope_{scope}, db_{scope.db}, work_{work},
        partition_{static_cast<std::int64_t>(work.partition)}, slots_{work.slots} {}

  sqlite_unit_done apply();

private:
  settle_outcome settle(const settlement&);
  void make_ready(const sqlite_batch&, sqlite_state from);
  void retry_later(const sqlite_batch&, int counted, milliseconds delay, const failure_note&);
  settle_outcome settle_bury(const sqlite_batch&, const bury&);
  settle_outcome settle_split(const sqlite_batch&, const split&);
  void take_back_all_but(const std::vector<lease>&);
  bool make_room_for_dead(const sqlite_batch&);
  void promote();
  void claim();
  /// Whether any was ready.
  bool claim_oldest(std::size_t slots);
  void enqueue();
  void count_end(const sqlite_batch&, const std::string& id, std::uint64_t& where) const;

  const sqlite_unit_scope& scope_;
  sqlite_db& db_;
  const unit_of_work& work_;
  const std::int64_t partition_;
  std::size_t slots_;
  sqlite_unit_done did_;
  sqlite_totals& totals_ = did_.totals;
  work_done& answer_ = did_.answer;
};

sqlite_unit_done unit_at_work::apply() {
  const auto before = read_totals(db_, partition_);
  totals_ = before;
  answer_.paused = scope_.pause.paused;
  answer_.resumed = scope_.pause.resumed;
  for (const auto& s : work_.settlements)
    answer_.settled.push_back(settle(s));
  promote();
  if (answer_.paused || (work_.in_order && totals_.retry + totals_.in_flight > 0))
    slots_ = 0;
  else if (work_.in_order)
    slots_ = std::min<std::size_t>(slots_, 1);
  claim();
  enqueue();
  if (totals_.retry > 0)
    db_.query("SELECT due FROM batch WHERE state > 1 AND state = 2 AND partition = ? ORDER BY due LIMIT 1",
              {partition_}, [&](const sqlite_row& r) { answer_.next_due = store_time{milliseconds{r.integer(0)}}; });
  answer_.erased_events = static_cast<std::uint64_t>(totals_.erased);
  for (const auto& root : work_.look_for)
    answer_.found.push_back(presence_of(db_, root));
  if (totals_ != before) // a look for changes of others must not write
    write_totals(db_, partition_, totals_);
  return std::move(did_);
}

void unit_at_work::enqueue() {
  sqlite_enqueues enqueues{db_, scope_.limits.queue, work_, totals_, !scope_.may_grow};
  for (const auto& b : work_.enqueues) {
    // Leased at once, if nothing older is ready: then the claim has left slots.
    const bool leased = answer_.granted.size() < slots_;
    const auto put = enqueues.put(*b, leased ? sqlite_state::in_flight : sqlite_state::ready);
    answer_.enqueued.push_back(put == put_outcome::refused ? enqueue_outcome::backlog_full : enqueue_outcome::stored);
    did_.grew = did_.grew || put == put_outcome::put_in;
    if (leased && put == put_outcome::put_in)
      answer_.granted.push_back({.content = b, .fence = 1, .attempts = 0});
  }
}

settle_outcome unit_at_work::settle(const settlement& s) {
  const lease* about = lease_of(s);
  if (!about) {
    if (const auto* r = std::get_if<retain>(&s))
      take_back_all_but(r->leases);
    return settle_outcome::applied;
  }
  const auto found = find(db_, partition_, about->id);
  if (!found)
    return settle_outcome::gone;
  const bool present = static_cast<std::uint64_t>(found->fence) == about->fence;
  if (present && found->state != sqlite_state::in_flight && found->state == end_of(s))
    return settle_outcome::applied;
  if (!present || found->state != sqlite_state::in_flight)
    return settle_outcome::stale;
  if (std::holds_alternative<ack>(s)) {
    erase(db_, *found, totals_);
    totals_.delivered += found->events;
    count_end(*found, about->id, answer_.ended.delivered);
  } else if (const auto* n = std::get_if<nack>(&s)) {
    retry_later(*found, 1, n->delay, n->why);
  } else if (const auto* d = std::get_if<defer>(&s)) {
    retry_later(*found, 0, d->delay, d->why);
  } else if (const auto* b = std::get_if<bury>(&s)) {
    return settle_bury(*found, *b);
  } else if (const auto* p = std::get_if<split>(&s)) {
    return settle_split(*found, *p);
  } else {
    make_ready(*found, sqlite_state::in_flight);
  }
  return settle_outcome::applied;
}

void unit_at_work::make_ready(const sqlite_batch& b, sqlite_state from) {
  db_.run("UPDATE batch SET state = 0 WHERE n = ?", {b.n});
  totals_.move(from, sqlite_state::ready, b.events, b.bytes);
}

void unit_at_work::retry_later(const sqlite_batch& b, int counted, milliseconds delay, const failure_note& why) {
  db_.run("UPDATE batch SET state = 2, attempts = attempts + ?, due = ?, status = ?, reason = ? WHERE n = ?",
          {std::int64_t{counted}, ms(work_.now + delay), std::int64_t{why.status}, why.reason, b.n});
  totals_.move(sqlite_state::in_flight, sqlite_state::retry, b.events, b.bytes);
}

settle_outcome unit_at_work::settle_bury(const sqlite_batch& b, const bury& how) {
  if (make_room_for_dead(b)) {
    die(db_, b, static_cast<int>(b.attempts) + 1, how.why, work_.now, totals_);
    count_end(b, how.lease.id, answer_.ended.dead);
    return settle_outcome::applied;
  }
  retry_later(b, 1, no_room_delay, how.why);
  return settle_outcome::no_room;
}

bool unit_at_work::make_room_for_dead(const sqlite_batch& b) {
  const auto& limits = scope_.limits.dead_letters;
  const auto events = static_cast<std::int64_t>(limits.max_events) - b.events;
  const auto bytes = static_cast<std::int64_t>(limits.max_bytes) - b.bytes;
  for (;;) {
    if (totals_.dead <= events && totals_.dead_bytes <= bytes)
      return true;
    std::optional<sqlite_batch> oldest;
    if (limits.when_full == dead_letters_full::drop_oldest && events >= 0 && bytes >= 0)
      db_.query(
          "SELECT n, events, bytes FROM batch WHERE state > 1 AND state = 3 AND partition = ? ORDER BY due, id LIMIT 1",
          {partition_}, [&](const sqlite_row& r) {
            oldest = sqlite_batch{
                .n = r.integer(0), .events = r.integer(1), .bytes = r.integer(2), .state = sqlite_state::dead};
          });
    if (!oldest)
      return false;
    erase(db_, *oldest, totals_);
    totals_.purged += oldest->events;
    answer_.purged_events += static_cast<std::uint64_t>(oldest->events);
  }
}

settle_outcome unit_at_work::settle_split(const sqlite_batch& b, const split& p) {
  // Halves that do not add up would lose or invent events.
  if (std::int64_t{p.first->events} + p.second->events != b.events)
    return settle_outcome::stale;
  if (!scope_.may_grow) {
    db_.run("UPDATE batch SET state = 2, due = ? WHERE n = ?", {ms(work_.now + no_room_delay), b.n});
    totals_.move(sqlite_state::in_flight, sqlite_state::retry, b.events, b.bytes);
    return settle_outcome::no_room;
  }
  erase(db_, b, totals_);
  for (const auto& half : {p.first, p.second}) {
    if (find(db_, partition_, half->id)) { // it was stored again, and counted beside the whole
      totals_.stored -= half->events;
      continue;
    }
    insert(db_, *half,
           {.partition = partition_,
            .place = b.place,
            .enqueued = b.enqueued,
            .ended = b.ended,
            .state = sqlite_state::ready},
           totals_);
    did_.grew = true;
  }
  return settle_outcome::applied;
}

void unit_at_work::take_back_all_but(const std::vector<lease>& kept) {
  std::vector<sqlite_batch> back;
  db_.query("SELECT n, id, fence, events, bytes FROM batch WHERE state = 1 AND partition = ? ORDER BY id", {partition_},
            [&](const sqlite_row& r) {
              const lease held{r.text(1), static_cast<std::uint64_t>(r.integer(2))};
              if (std::find(kept.begin(), kept.end(), held) == kept.end())
                back.push_back({.n = r.integer(0), .events = r.integer(3), .bytes = r.integer(4)});
            });
  for (const auto& b : back)
    make_ready(b, sqlite_state::in_flight);
}

void unit_at_work::promote() {
  if (totals_.retry == 0)
    return;
  std::vector<sqlite_batch> due;
  // Also what lies further ahead than any delay: the clock was set back.
  db_.query(
      "SELECT n, events, bytes FROM batch WHERE state > 1 AND state = 2 AND partition = ?1 AND due <= ?2 UNION ALL "
      "SELECT n, events, bytes FROM batch WHERE state > 1 AND state = 2 AND partition = ?1 AND due > ?3",
      {partition_, ms(work_.now), ms(work_.now + longest_delay(scope_.limits))},
      [&](const sqlite_row& r) { due.push_back({.n = r.integer(0), .events = r.integer(1), .bytes = r.integer(2)}); });
  for (const auto& b : due)
    make_ready(b, sqlite_state::retry);
}

// A batch without a body dies, and the next oldest gets its slot: else one of this unit might overtake that.
void unit_at_work::claim() {
  while (answer_.granted.size() < slots_ && totals_.ready > 0)
    if (!claim_oldest(slots_ - answer_.granted.size()))
      return;
}

bool unit_at_work::claim_oldest(std::size_t slots) {
  struct ready_batch {
    sqlite_batch row;
    std::string id;
    std::shared_ptr<const std::string> payload;
  };
  std::vector<ready_batch> oldest;
  db_.query("SELECT n, id, fence, attempts, events, bytes, payload, enqueued, ended FROM batch LEFT JOIN body USING(n) "
            "WHERE state = 0 AND partition = ? ORDER BY place, id LIMIT ?",
            {partition_, static_cast<std::int64_t>(slots)}, [&](const sqlite_row& r) {
              oldest.push_back({.row = {.n = r.integer(0),
                                        .fence = r.integer(2),
                                        .attempts = r.integer(3),
                                        .events = r.integer(4),
                                        .bytes = r.integer(5),
                                        .enqueued = r.integer(7),
                                        .ended = r.integer(8) != 0},
                                .id = r.text(1),
                                .payload = std::make_shared<const std::string>(r.text(6))});
            });
  for (auto& [row, id, payload] : oldest) {
    if (payload->empty()) {
      const failure_note why{.status = 0, .reason = "body_missing"};
      die(db_, row, static_cast<int>(row.attempts), why, work_.now, totals_);
      count_end(row, id, answer_.ended.dead);
      answer_.buried.push_back({.id = std::move(id), .events = static_cast<std::uint32_t>(row.events), .why = why});
      continue;
    }
    db_.run("UPDATE batch SET state = 1, fence = fence + 1 WHERE n = ?", {row.n});
    totals_.move(sqlite_state::ready, sqlite_state::in_flight, row.events, row.bytes);
    auto content = std::make_shared<const batch>(
        batch{.id = std::move(id), .events = static_cast<std::uint32_t>(row.events), .payload = std::move(payload)});
    answer_.granted.push_back({.content = std::move(content),
                               .fence = static_cast<std::uint64_t>(row.fence) + 1,
                               .attempts = static_cast<int>(row.attempts),
                               .age = milliseconds{std::max(ms(work_.now) - row.enqueued, std::int64_t{0})}});
  }
  return !oldest.empty();
}

// Its last state may be a later end: what was dead once, and replayed, has been counted.
void unit_at_work::count_end(const sqlite_batch& b, const std::string& id, std::uint64_t& where) const {
  if (!b.ended && sequence_in(id, work_.incarnation))
    where += static_cast<std::uint64_t>(b.events);
}

} // namespace

sqlite_unit_done apply_unit(const sqlite_unit_scope& scope, const unit_of_work& work) {
  return unit_at_work{scope, work}.apply();
}

void take_back_all(sqlite_db& db, bool crashed) {
  db.run("UPDATE batch SET state = 0, crashes = crashes + ? WHERE state = 1", {std::int64_t{crashed}});
  db.run("UPDATE total SET ready = ready + in_flight, in_flight = 0 WHERE in_flight <> 0");
}

} // namespace sluice
