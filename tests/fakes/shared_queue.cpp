#include "fakes/shared_queue.hpp"

#include <algorithm>

#include "core/persistence/dead_cursor.hpp"
#include "core/wire/batch_id.hpp"
#include "core/wire/payload.hpp"
#include "store/no_room_delay.hpp"

namespace sluice::test {

namespace {

std::vector<std::string> message_ids(const batch& b) {
  return message_ids_of(*b.payload).value();
}

std::string incarnation_of(const batch& b) {
  return b.id.substr(0, b.id.find('-'));
}

bool is_part_of(const std::string& id, const std::string& whole) {
  return id == whole || id.starts_with(whole + ".");
}

} // namespace

shared_queue::shared_queue(const options& o, std::function<store_time()> clock, std::size_t number)
    : limits_{o.queue}, dead_limits_{o.dead_letters}, clock_{std::move(clock)}, number_{std::to_string(number)} {}

// -- processes --------------------------------------------------------------------------------------------------------

shared_queue::acquired shared_queue::acquire(const std::string& token, std::uint64_t last_session) {
  const bool single = !limits_.is_multi_processor;
  const bool is_owned = single && !now_.owner.empty() && now_.owner != token;
  if (is_owned && clock_() < now_.owner_until)
    return {.taken_by = now_.owner, .for_now = now_.owner_until - clock_()};
  if (single && last_session != 0 && now_.sessions > last_session && now_.last != token)
    return {};
  if (is_owned)
    ++takeovers_;
  if (single)
    for (auto& [other, p] : now_.processes)
      p.session = 0;
  now_.last = token;
  now_.owner = single ? token : "";
  now_.owner_until = clock_() + limits_.owner_ttl;
  auto& p = now_.processes[token];
  p.heard = clock_();
  p.session = ++now_.sessions;
  return {.session = p.session};
}

bool shared_queue::may_work(const std::string& token, std::uint64_t session) const {
  const auto p = now_.processes.find(token);
  if (p == now_.processes.end() || p->second.session != session)
    return false;
  return limits_.is_multi_processor || (now_.owner == token && clock_() < now_.owner_until);
}

void shared_queue::reclaim(const std::string& token) {
  bool took = false;
  for (auto& [id, e] : now_.batches) {
    const auto p = now_.processes.find(e.owner);
    const bool silent =
        p != now_.processes.end() && p->second.session != 0 && p->second.heard + limits_.owner_ttl <= clock_();
    const bool over = limits_.is_multi_processor ? e.at <= clock_() || silent : e.owner != token;
    if (e.is != where::in_flight || !over)
      continue;
    took = took || e.owner != token;
    if (++e.crashes <= limits_.max_crashes) {
      move(e, where::ready);
      continue;
    }
    e.why = {.reason = "poison: in flight at every one of many crashes"};
    end(token, e, false);
    move(e, where::dead, clock_());
    auto& caller = now_.processes[token];
    caller.buried.emplace_back(caller.last_unit + 1, store_burial{id, e.content->events, e.why});
  }
  if (took && limits_.is_multi_processor)
    ++takeovers_;
  for (auto& [other, p] : now_.processes)
    if (p.heard + limits_.owner_ttl <= clock_())
      p.session = 0;
}

void shared_queue::leave(const std::string& token) {
  take_back_all_but(token, {});
  now_.processes[token].session = 0;
  now_.owner.clear();
}

std::uint64_t shared_queue::last_unit_of(const std::string& token) const {
  const auto p = now_.processes.find(token);
  return p == now_.processes.end() ? 0 : p->second.last_unit;
}

// -- units of work ----------------------------------------------------------------------------------------------------

work_done shared_queue::apply(const std::string& token, std::uint64_t number, std::uint64_t answered,
                              const unit_of_work& u) {
  work_done done;
  auto& p = now_.processes[token];
  p.heard = clock_();
  now_.owner_until = clock_() + limits_.owner_ttl;
  now_.paused = u.pause.value_or(now_.paused);
  p.incarnation = u.incarnation;
  settle(token, u.settlements, done);
  promote();
  enqueue(u, done);
  claim(token, u, done);
  for (const auto& [id, e] : now_.batches)
    if (e.is == where::retry)
      done.next_due = std::min(e.at, done.next_due.value_or(e.at));
  done.paused = now_.paused;
  for (const auto& root : u.look_for)
    done.found.push_back(find_parts(root));
  if (u.wants_ended) {
    done.ended = now_.ended[u.incarnation];
    std::erase_if(now_.ended_elsewhere, [&](const auto& e) {
      const auto sequence = sequence_in(e.first, u.incarnation);
      return sequence && *sequence < u.first_open;
    });
  }
  std::erase_if(p.buried, [answered](const auto& b) { return b.first <= answered; });
  for (const auto& [unit, burial] : p.buried)
    done.buried.push_back(burial);
  p.last_unit = number;
  return done;
}

void shared_queue::settle(const std::string& token, const std::vector<settlement>& all, work_done& done) {
  for (const auto& s : all)
    done.settled.push_back(settle_one(token, s, done));
}

settle_outcome shared_queue::settle_one(const std::string& token, const settlement& s, work_done& done) {
  if (const auto* r = std::get_if<retain>(&s))
    take_back_all_but(token, r->leases);
  else if (const auto* x = std::get_if<extend>(&s))
    extend_leases(x->leases);
  const lease* about = lease_of(s);
  if (!about)
    return settle_outcome::applied;
  entry* e = find(about->id);
  if (!e && std::holds_alternative<ack>(s))
    note_late_ack(token, about->id);
  if (!e)
    return settle_outcome::gone;
  const auto ends_in = std::holds_alternative<nack>(s) || std::holds_alternative<defer>(s) ? where::retry
                       : std::holds_alternative<bury>(s)                                   ? where::dead
                       : std::holds_alternative<release>(s)                                ? where::ready
                                                                                           : where::in_flight;
  if (e->fence != about->fence || (e->is != where::in_flight && e->is != ends_in))
    return settle_outcome::stale;
  return e->is == where::in_flight ? settle_lease(token, *e, s, done) : settle_outcome::applied;
}

settle_outcome shared_queue::settle_lease(const std::string& token, entry& e, const settlement& s, work_done& done) {
  if (std::holds_alternative<ack>(s)) {
    end(token, e, true);
    now_.delivered += e.content->events;
    now_.batches.erase(e.content->id);
  } else if (const auto* n = std::get_if<nack>(&s)) {
    ++e.attempts;
    e.why = n->why;
    move(e, where::retry, clock_() + n->delay);
  } else if (const auto* d = std::get_if<defer>(&s)) {
    e.why = d->why;
    move(e, where::retry, clock_() + d->delay);
  } else if (const auto* b = std::get_if<bury>(&s)) {
    return bury_entry(token, e, b->why, done);
  } else if (const auto* p = std::get_if<split>(&s)) {
    return split_entry(e, *p);
  } else {
    move(e, where::ready);
  }
  return settle_outcome::applied;
}

settle_outcome shared_queue::bury_entry(const std::string& token, entry& e, const failure_note& why, work_done& done) {
  ++e.attempts;
  e.why = why;
  if (!make_room_for_dead(e, done)) {
    move(e, where::retry, clock_() + no_room_delay);
    return settle_outcome::no_room;
  }
  end(token, e, false);
  move(e, where::dead, clock_());
  return settle_outcome::applied;
}

bool shared_queue::make_room_for_dead(const entry& e, work_done& done) {
  std::size_t events = e.content->events, bytes = e.content->payload->size();
  const auto fits = [&] { return events <= dead_limits_.max_events && bytes <= dead_limits_.max_bytes; };
  const bool drops = fits() && dead_limits_.when_full == dead_letters_full::drop_oldest;
  auto dead = all(where::dead);
  for (const entry* d : dead) {
    events += d->content->events;
    bytes += d->content->payload->size();
  }
  for (auto oldest = dead.begin(); drops && !fits(); ++oldest) {
    events -= (*oldest)->content->events;
    bytes -= (*oldest)->content->payload->size();
    done.purged_events += (*oldest)->content->events;
    purge(**oldest);
  }
  return fits();
}

// A half may be here already, if the queue has gone back to the whole: then its events had been counted twice.
settle_outcome shared_queue::split_entry(const entry& whole, const split& p) {
  if (p.first->events + p.second->events != whole.content->events)
    return settle_outcome::stale;
  const entry was = whole;
  now_.batches.erase(was.content->id);
  for (const auto& half : {p.first, p.second})
    if (find(half->id))
      now_.stored -= half->events;
    else
      put(half, was.place.first, was.enqueued, was.has_died);
  return settle_outcome::applied;
}

void shared_queue::take_back_all_but(const std::string& token, const std::vector<lease>& kept) {
  for (auto& [id, e] : now_.batches)
    if (e.is == where::in_flight && e.owner == token &&
        std::find(kept.begin(), kept.end(), lease{id, e.fence}) == kept.end())
      move(e, where::ready);
}

void shared_queue::extend_leases(const std::vector<lease>& leases) {
  for (const auto& l : leases)
    if (auto* e = find(l.id); e && e->is == where::in_flight && e->fence == l.fence)
      e->at = clock_() + limits_.lease;
}

void shared_queue::promote() {
  for (entry* e : all(where::retry))
    if (e->at <= clock_())
      move(*e, where::ready);
}

void shared_queue::enqueue(const unit_of_work& u, work_done& done) {
  std::size_t events = 0, bytes = 0;
  for (const auto& [id, e] : now_.batches)
    if (e.is != where::dead) {
      events += e.content->events;
      bytes += e.content->payload->size();
    }
  bool full = has_room == room::for_nothing || (has_room == room::for_restores && !u.restores);
  // What is restored comes before all that is ready.
  const auto first = all(where::ready);
  auto place = first.empty() ? now_.next_place : first.front()->place.first;
  place -= static_cast<std::int64_t>(u.enqueues.size());
  for (const auto& b : u.enqueues) {
    const bool there = has(b->id);
    full =
        full ||
        (!there && !u.restores &&
         (events + b->events > limits_.max_backlog_events || bytes + b->payload->size() > limits_.max_backlog_bytes));
    done.enqueued.push_back(there || !full ? enqueue_outcome::stored : enqueue_outcome::backlog_full);
    if (there || full)
      continue;
    events += b->events;
    bytes += b->payload->size();
    now_.stored += b->events;
    put(b, u.restores ? place++ : now_.next_place++, clock_(), false);
  }
}

// As in Redis, but for the numbers: the living process whose number is the highest.
bool shared_queue::is_drawn(const std::string& token) const {
  std::pair<std::size_t, std::string> highest;
  for (const auto& [who, p] : now_.processes)
    if (p.session != 0)
      highest = std::max(highest, {std::hash<std::string>{}(who + number_), who});
  return !limits_.is_multi_processor || highest.second == token;
}

bool shared_queue::is_callers(const std::string& token) {
  if (is_drawn(token)) {
    now_.unasked.reset();
    return true;
  }
  const auto since = now_.unasked;
  now_.unasked = since.value_or(clock_());
  return since && clock_() - *since >= limits_.owner_ttl;
}

void shared_queue::claim(const std::string& token, const unit_of_work& u, work_done& done) {
  if (now_.paused || u.slots == 0 || all(where::ready).empty())
    return;
  if (u.in_order && (!is_callers(token) || !all(where::retry).empty() || !all(where::in_flight).empty()))
    return;
  for (entry* e : all(where::ready)) {
    if (done.granted.size() == (u.in_order ? 1 : u.slots))
      return;
    ++e->fence;
    e->owner = token;
    move(*e, where::in_flight, clock_() + limits_.lease);
    done.granted.push_back({e->content, e->fence, e->attempts, clock_() - e->enqueued});
  }
}

presence shared_queue::find_parts(const std::string& root) const {
  presence found;
  for (const auto& [id, e] : now_.batches)
    if (is_part_of(id, root))
      (e.is == where::dead ? found.dead : found.waiting) += e.content->events;
  for (const auto& [id, events] : now_.ended_elsewhere)
    if (is_part_of(id, root))
      found.elsewhere += events;
  return found;
}

// -- what changes a batch ---------------------------------------------------------------------------------------------

shared_queue::entry* shared_queue::find(const std::string& id) {
  const auto i = now_.batches.find(id);
  return i == now_.batches.end() ? nullptr : &i->second;
}

// Whether the batch is here, or a part that splits have made of it.
bool shared_queue::has(const std::string& id) const {
  return std::any_of(now_.batches.begin(), now_.batches.end(), [&](const auto& b) { return is_part_of(b.first, id); });
}

void shared_queue::put(batch_ptr content, std::int64_t place, store_time enqueued, bool has_died) {
  const auto id = content->id;
  entry& e = now_.batches[id];
  e.content = std::move(content);
  e.place = {place, id};
  e.enqueued = enqueued;
  e.has_died = has_died;
}

void shared_queue::move(entry& e, where next, store_time at) {
  e.is = next;
  e.at = at;
}

// Its first end is the one that counts.
void shared_queue::end(const std::string& token, entry& e, bool delivered) {
  const auto events = e.content->events;
  const auto ids = message_ids(*e.content);
  if (!delivered)
    ever_dead_ids_.insert(ids.begin(), ids.end());
  if (std::exchange(e.has_died, true))
    return;
  const auto incarnation = incarnation_of(*e.content);
  if (now_.processes[token].incarnation == incarnation)
    (delivered ? now_.ended[incarnation].delivered : now_.ended[incarnation].dead) += events;
  else
    now_.ended_elsewhere[e.content->id] = events;
  ended_by_[e.content->id] = {token, ids};
  for (const auto& id : ids) {
    now_.ended_ids.insert(id);
    if (!ever_ended_ids_.insert(id).second)
      ended_twice_ids_.insert(id);
  }
}

// The process may count an end that was counted for another one.
void shared_queue::note_late_ack(const std::string& token, const std::string& id) {
  if (const auto i = ended_by_.find(id); i != ended_by_.end() && i->second.first != token)
    ended_twice_ids_.insert(i->second.second.begin(), i->second.second.end());
}

void shared_queue::purge(const entry& e) {
  now_.purged += e.content->events;
  now_.batches.erase(e.content->id);
}

std::vector<shared_queue::entry*> shared_queue::all(where which) {
  std::vector<entry*> list;
  for (auto& [id, e] : now_.batches)
    if (e.is == which)
      list.push_back(&e);
  std::sort(list.begin(), list.end(), [which](const entry* a, const entry* b) {
    return which == where::dead ? std::pair{a->at, a->content->id} < std::pair{b->at, b->content->id}
                                : a->place < b->place;
  });
  return list;
}

// -- dead letters -----------------------------------------------------------------------------------------------------

store_stats shared_queue::stats() const {
  store_stats s{.stored = now_.stored, .delivered = now_.delivered, .purged = now_.purged, .paused = now_.paused};
  for (const auto& [id, e] : now_.batches)
    (e.is == where::ready       ? s.ready
     : e.is == where::in_flight ? s.in_flight
     : e.is == where::retry     ? s.retry
                                : s.dead) += e.content->events;
  return s;
}

std::vector<dead_letter> shared_queue::list_dead(const std::string& after, std::size_t limit) {
  const auto from = parse_dead_cursor(after).value();
  std::vector<dead_letter> page;
  for (const entry* e : all(where::dead))
    if (std::pair{e->at, e->content->id} > std::pair{from.died, from.id} && page.size() < limit)
      page.push_back({e->content->id, e->content->events, e->attempts, e->why, e->at, e->content->payload});
  return page;
}

std::uint64_t shared_queue::replay_dead(const std::vector<std::string>& ids) {
  std::uint64_t events = 0;
  for (entry* e : dead_among(ids)) {
    events += e->content->events;
    e->attempts = e->crashes = 0;
    e->why = {};
    e->enqueued = clock_();
    move(*e, where::ready);
  }
  return events;
}

std::uint64_t shared_queue::purge_dead(const std::vector<std::string>& ids) {
  std::uint64_t events = 0;
  for (const entry* e : dead_among(ids)) {
    events += e->content->events;
    purge(*e);
  }
  return events;
}

std::vector<shared_queue::entry*> shared_queue::dead_among(const std::vector<std::string>& ids) {
  auto dead = all(where::dead);
  if (!ids.empty())
    std::erase_if(dead, [&](entry* e) { return std::find(ids.begin(), ids.end(), e->content->id) == ids.end(); });
  return dead;
}

// -- what Redis can do to us ------------------------------------------------------------------------------------------

void shared_queue::replicate() {
  if (!failover_)
    return;
  if (failover_->follows > 0) {
    --failover_->follows;
    return;
  }
  if (!failover_->replica)
    failover_->replica = now_;
  if (failover_->lacks-- == 0)
    go_back(std::move(*failover_->replica));
}

void shared_queue::settle_down() {
  failover_.reset();
  has_room = room::for_all;
}

void shared_queue::raise_false_alarm() {
  for (auto& [token, p] : now_.processes)
    p.last_unit = 0;
}

void shared_queue::go_back(queue_state earlier) {
  const auto known = [](const queue_state& s) {
    auto ids = s.ended_ids;
    for (const auto& [id, e] : s.batches)
      for (auto& m : message_ids(*e.content))
        ids.insert(std::move(m));
    return ids;
  };
  const auto before = known(now_), after = known(earlier);
  std::set_difference(before.begin(), before.end(), after.begin(), after.end(),
                      std::inserter(forgotten_, forgotten_.end()));
  for (const auto& [id, e] : now_.batches)
    batches_forgotten_ += earlier.batches.contains(id) ? 0 : 1;
  has_gone_back_ = true;
  now_ = std::move(earlier);
  failover_.reset();
}

// -- what a test may know ---------------------------------------------------------------------------------------------

std::set<std::string> shared_queue::waiting_ids() const {
  std::set<std::string> ids;
  for (const auto& [id, e] : now_.batches)
    if (e.is != where::dead)
      for (auto& m : message_ids(*e.content))
        ids.insert(std::move(m));
  return ids;
}

} // namespace sluice::test
