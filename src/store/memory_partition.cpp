#include "store/memory_partition.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include "core/persistence/dead_cursor.hpp"
#include "core/wire/batch_id.hpp"
#include "store/longest_delay.hpp"
#include "store/no_room_delay.hpp"
#include "store/note_bounds.hpp"

namespace sluice {

memory_partition::memory_partition(const options& o)
    : limits_{o.queue}, dead_limits_{o.dead_letters}, longest_delay_{longest_delay(o)} {}

// A fingerprint is for the next process, and no other process sees this queue.
work_done memory_partition::apply(const unit_of_work& work) {
  work_done done;
  if (!work.incarnation.empty())
    ended_.try_emplace(work.incarnation);
  stats_.paused = work.pause.value_or(stats_.paused);
  for (const auto& s : work.settlements)
    done.settled.push_back(settle(s, work.now, done));
  promote(work.now);
  bool full = false;
  // What is restored stands before everything that is ready.
  const auto front = ready_.empty() ? next_place_ : ready_.begin()->first;
  auto place_of_restored = front - static_cast<std::int64_t>(work.enqueues.size());
  for (const auto& b : work.enqueues) {
    done.enqueued.push_back(enqueue(b, work, full, work.restores ? place_of_restored : next_place_));
    full = full || done.enqueued.back() == enqueue_outcome::backlog_full;
  }
  claim(work, done);
  if (!retry_.empty())
    done.next_due = retry_.begin()->first;
  done.paused = stats_.paused;
  if (!stats_.paused)
    done.resumed = resumed_;
  if (!work.look_for.empty())
    forget_erased(work.incarnation, work.first_open);
  for (const auto& id : work.look_for)
    done.found.push_back(look_for(id));
  done.erased_events = stats_.erased;
  if (const auto i = ended_.find(work.incarnation); i != ended_.end())
    done.ended = i->second;
  return done;
}

settle_outcome memory_partition::settle(const settlement& s, store_time now, work_done& done) {
  const lease* about = lease_of(s);
  if (!about) {
    if (const auto* r = std::get_if<retain>(&s))
      take_back_all_but(r->leases);
    return settle_outcome::applied;
  }
  entry* e = find(about->id);
  if (!e)
    return settle_outcome::gone;
  if (e->fence == about->fence && e->is != state::in_flight && e->is == end_of(s))
    return settle_outcome::applied;
  if (e->is != state::in_flight || e->fence != about->fence)
    return settle_outcome::stale;
  if (std::holds_alternative<ack>(s)) {
    stats_.delivered += e->content->events;
    count_end(*e, &ended_events::delivered);
    erase(*e);
  } else if (const auto* n = std::get_if<nack>(&s)) {
    ++e->attempts;
    retry_later(*e, now + n->delay, n->why);
  } else if (const auto* d = std::get_if<defer>(&s)) {
    retry_later(*e, now + d->delay, d->why);
  } else if (const auto* b = std::get_if<bury>(&s)) {
    return bury_entry(*e, *b, now, done);
  } else if (const auto* p = std::get_if<split>(&s)) {
    return split_entry(*e, *p);
  } else {
    move_to(*e, state::ready);
  }
  return settle_outcome::applied;
}

// Where a settlement leaves a batch that it does not remove.
memory_partition::state memory_partition::end_of(const settlement& s) {
  if (std::holds_alternative<nack>(s) || std::holds_alternative<defer>(s))
    return state::retry;
  if (std::holds_alternative<bury>(s))
    return state::dead;
  return std::holds_alternative<release>(s) ? state::ready : state::in_flight;
}

void memory_partition::retry_later(entry& e, store_time due, const failure_note& why) {
  e.due = due;
  e.why = why;
  move_to(e, state::retry);
}

settle_outcome memory_partition::bury_entry(entry& e, const bury& b, store_time now, work_done& done) {
  ++e.attempts;
  const bool could_fit =
      e.content->events <= dead_limits_.max_events && e.content->payload->size() <= dead_limits_.max_bytes;
  while (could_fit && !has_room_for_dead(e) && dead_limits_.when_full == dead_letters_full::drop_oldest &&
         !dead_.empty()) {
    entry& oldest = *find(dead_.begin()->second);
    done.purged_events += oldest.content->events;
    stats_.purged += oldest.content->events;
    erase(oldest);
  }
  if (!has_room_for_dead(e)) {
    retry_later(e, now + no_room_delay, b.why);
    return settle_outcome::no_room;
  }
  e.why = b.why;
  e.died = now;
  count_end(e, &ended_events::dead);
  move_to(e, state::dead);
  return settle_outcome::applied;
}

// A half that is there was restored after the store had gone back to before an earlier split. It has been counted
// as stored twice.
settle_outcome memory_partition::split_entry(entry& e, const split& p) {
  if (p.first->events + p.second->events != e.content->events)
    return settle_outcome::stale;
  const auto number = e.at.first;
  const auto enqueued = e.enqueued;
  const bool has_ended = e.has_ended;
  erase(e);
  for (const auto& half : {p.first, p.second})
    if (find(half->id))
      stats_.stored -= half->events;
    else
      insert(half, {number, half->id}, enqueued).has_ended = has_ended;
  return settle_outcome::applied;
}

void memory_partition::take_back_all_but(const std::vector<lease>& kept) {
  for (const auto& id : std::vector<std::string>(in_flight_.begin(), in_flight_.end())) {
    entry& e = *find(id);
    if (std::find(kept.begin(), kept.end(), lease{id, e.fence}) == kept.end())
      move_to(e, state::ready);
  }
}

void memory_partition::promote(store_time now) {
  while (!retry_.empty() && retry_.begin()->first <= now)
    move_to(*find(retry_.begin()->second), state::ready);
  while (!retry_.empty() && retry_.rbegin()->first > now + longest_delay_) // the clock was set back
    move_to(*find(retry_.rbegin()->second), state::ready);
}

enqueue_outcome memory_partition::enqueue(const batch_ptr& b, const unit_of_work& work, bool full, std::int64_t& next) {
  if (find(b->id) || has_parts(b->id) || erased_.contains(b->id))
    return enqueue_outcome::stored;
  const auto waiting = stats_.ready + stats_.in_flight + stats_.retry;
  const bool fits = waiting + b->events <= limits_.max_backlog_events &&
                    backlog_bytes_ + b->payload->size() <= limits_.max_backlog_bytes;
  if (!work.restores && (full || !fits))
    return enqueue_outcome::backlog_full;
  stats_.stored += b->events;
  insert(b, {next++, b->id}, work.now);
  return enqueue_outcome::stored;
}

// The oldest ready batches; a batch of this unit of work is among them only when nothing older is ready.
void memory_partition::claim(const unit_of_work& work, work_done& done) {
  if (stats_.paused || (work.in_order && (!retry_.empty() || stats_.in_flight > 0)))
    return;
  for (auto slots = work.in_order ? std::min<std::size_t>(work.slots, 1) : work.slots; slots > 0 && !ready_.empty();
       --slots) {
    entry& e = *find(ready_.begin()->second);
    ++e.fence;
    move_to(e, state::in_flight);
    done.granted.push_back({e.content, e.fence, e.attempts, std::max(work.now - e.enqueued, milliseconds{0})});
  }
}

result<store_stats> memory_partition::stats() {
  store_stats s = stats_;
  if (!ready_.empty())
    s.oldest_ready = find(ready_.begin()->second)->enqueued;
  if (!retry_.empty())
    s.next_retry = retry_.begin()->first;
  if (!dead_.empty())
    s.oldest_dead = dead_.begin()->first;
  return s;
}

result<void> memory_partition::set_paused(bool paused) {
  stats_.paused = paused;
  resumed_.reset();
  if (!paused)
    resumed_ = std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now());
  return {};
}

result<std::vector<dead_letter>> memory_partition::list_dead(const std::string& after, std::size_t limit) {
  const auto from = parse_dead_cursor(after);
  if (!from)
    return from.error();
  std::vector<dead_letter> page;
  for (auto i = dead_.upper_bound({from->died, from->id}); i != dead_.end() && page.size() < limit; ++i) {
    const entry& e = *find(i->second);
    page.push_back(
        {.id = i->second, .events = e.content->events, .attempts = e.attempts, .why = e.why, .died = e.died});
  }
  return page;
}

result<dead_letter> memory_partition::show_dead(const std::string& id) {
  const entry* found = find_dead(id);
  if (!found)
    return error{errc::unknown_batch, "id", "no dead letter has the id " + id};
  const entry& e = *found;
  return dead_letter{.id = id,
                     .events = e.content->events,
                     .attempts = e.attempts,
                     .why = e.why,
                     .died = e.died,
                     .payload = e.content->payload};
}

template <class F>
std::uint64_t memory_partition::for_each_dead(const std::vector<std::string>& ids, F f) {
  std::vector<entry*> chosen;
  if (ids.empty()) {
    for (const auto& [died, id] : dead_)
      chosen.push_back(find(id));
  } else {
    for (const auto& id : std::set<std::string>(ids.begin(), ids.end()))
      if (auto* e = find_dead(id))
        chosen.push_back(e);
  }
  std::uint64_t events = 0;
  for (entry* e : chosen) {
    events += e->content->events;
    f(*e);
  }
  return events;
}

result<std::uint64_t> memory_partition::replay_dead(const std::vector<std::string>& ids) {
  const auto now = std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now());
  return for_each_dead(ids, [this, now](entry& e) {
    e.attempts = 0;
    e.why = {};
    e.enqueued = now;
    move_to(e, state::ready);
  });
}

result<std::uint64_t> memory_partition::purge_dead(const std::vector<std::string>& ids) {
  return for_each_dead(ids, [this](entry& e) {
    stats_.purged += e.content->events;
    erase(e);
  });
}

result<void> memory_partition::replace_dead(const std::string& id, const batch_ptr& by) {
  auto* found = find_dead(id);
  if (!found)
    return error{errc::unknown_batch, "id", "no dead letter has the id " + id};
  if (find(by->id))
    return error{errc::store_failed, "id", "there is a batch with the id " + by->id + " already"};
  const auto number = found->at.first;
  stats_.purged += found->content->events - by->events;
  erase(*found);
  const auto now = std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now());
  insert(by, {number, by->id}, now).has_ended = true;
  return {};
}

// In the order of their places, which no change of state changes. A cursor is a place: a number, a slash, an id.
result<queue_page> memory_partition::list_batches(const std::string& after, std::size_t limit) {
  place from{std::numeric_limits<std::int64_t>::min(), ""};
  if (!after.empty()) {
    const auto* end = after.data() + after.size();
    const auto [rest, why] = std::from_chars(after.data(), end, from.first);
    if (why != std::errc{} || rest == end || *rest != '/')
      return error{errc::unknown_batch, "after", "is no place in the queue"};
    from.second.assign(rest + 1, end);
  }
  std::vector<const entry*> behind;
  for (const auto& [id, e] : entries_)
    if (e.at > from)
      behind.push_back(&e);
  const auto count = std::min(limit, behind.size());
  std::partial_sort(behind.begin(), behind.begin() + static_cast<std::ptrdiff_t>(count), behind.end(),
                    [](const entry* a, const entry* b) { return a->at < b->at; });
  queue_page page;
  for (std::size_t i = 0; i < count; ++i)
    page.batches.push_back(
        {.content = behind[i]->content, .fence = behind[i]->fence, .in_flight = behind[i]->is == state::in_flight});
  if (count > 0 && count < behind.size())
    page.next = std::to_string(behind[count - 1]->at.first) + "/" + behind[count - 1]->at.second;
  return page;
}

result<std::uint64_t> memory_partition::erase_events(const std::vector<erasure>& all) {
  std::uint64_t events = 0;
  for (const auto& [from, rest] : all) {
    auto* e = find(from.content->id);
    if (!e || e->is == state::in_flight || e->fence != from.fence || e->content != from.content)
      continue;
    const auto gone = e->content->events - (rest ? rest->events : 0);
    note_erased(*e, gone);
    stats_.erased += gone;
    events += gone;
    if (!rest) {
      erase(*e);
      continue;
    }
    events_in(e->is) -= gone;
    auto& bytes = e->is == state::dead ? dead_bytes_ : backlog_bytes_;
    bytes -= e->content->payload->size();
    bytes += rest->payload->size();
    e->content = rest;
  }
  return events;
}

result<void> memory_partition::scrub() {
  return {}; // there is no file
}

result<std::vector<queue_note>> memory_partition::notes(const std::string& prefix) {
  std::vector<queue_note> found;
  for (auto i = notes_.lower_bound(prefix); i != notes_.end() && i->first.starts_with(prefix); ++i)
    found.push_back({.name = i->first, .text = i->second});
  return found;
}

result<bool> memory_partition::put_note(const queue_note& note, const std::string& was) {
  if (auto fits = check_note(note); !fits)
    return fits.error();
  const auto present = notes_.find(note.name);
  const bool is_new = present == notes_.end();
  if (is_new ? !was.empty() : present->second != was)
    return false;
  if (note.text.empty())
    notes_.erase(note.name);
  else if (is_new && notes_.size() >= max_notes)
    return too_many_notes();
  else
    notes_[note.name] = note.text;
  return true;
}

// -- the one place where a batch changes its state --------------------------------------------------------------------

memory_partition::entry& memory_partition::insert(batch_ptr content, place at, store_time enqueued) {
  auto& e = entries_[content->id];
  if (root_of(content->id) != content->id)
    parts_.insert(content->id);
  stats_.ready += content->events;
  backlog_bytes_ += content->payload->size();
  ready_.insert(at);
  e.content = std::move(content);
  e.at = std::move(at);
  e.enqueued = enqueued;
  return e;
}

void memory_partition::move_to(entry& e, state next) {
  const std::string& id = e.content->id;
  const auto bytes = e.content->payload->size();
  events_in(e.is) -= e.content->events;
  switch (e.is) {
  case state::ready:
    ready_.erase(e.at);
    break;
  case state::in_flight:
    in_flight_.erase(id);
    break;
  case state::retry:
    retry_.erase({e.due, id});
    break;
  case state::dead:
    dead_.erase({e.died, id});
    dead_bytes_ -= bytes;
    backlog_bytes_ += bytes;
    break;
  }
  e.is = next;
  events_in(next) += e.content->events;
  switch (next) {
  case state::ready:
    ready_.insert(e.at);
    break;
  case state::in_flight:
    in_flight_.insert(id);
    break;
  case state::retry:
    retry_.insert({e.due, id});
    break;
  case state::dead:
    dead_.insert({e.died, id});
    dead_bytes_ += bytes;
    backlog_bytes_ -= bytes;
    break;
  }
}

void memory_partition::erase(entry& e) {
  move_to(e, state::in_flight);
  in_flight_.erase(e.content->id);
  stats_.in_flight -= e.content->events;
  backlog_bytes_ -= e.content->payload->size();
  const auto id = e.content->id;
  parts_.erase(id);
  entries_.erase(id);
}

memory_partition::entry* memory_partition::find(const std::string& id) {
  const auto i = entries_.find(id);
  return i == entries_.end() ? nullptr : &i->second;
}

// The parts of a batch have ids that begin with its own and a full stop, and stand together.
bool memory_partition::has_parts(const std::string& id) const {
  const auto i = parts_.lower_bound(id + ".");
  return i != parts_.end() && i->starts_with(id + ".");
}

presence memory_partition::look_for(const std::string& id) const {
  presence p;
  const auto add = [&p](const entry& e) { (e.is == state::dead ? p.dead : p.waiting) += e.content->events; };
  if (const auto i = entries_.find(id); i != entries_.end())
    add(i->second);
  const auto prefix = id + ".";
  for (auto i = parts_.lower_bound(prefix); i != parts_.end() && i->starts_with(prefix); ++i)
    add(entries_.at(*i));
  if (const auto i = erased_.find(id); i != erased_.end())
    p.elsewhere += i->second;
  for (auto i = erased_.lower_bound(prefix); i != erased_.end() && i->first.starts_with(prefix); ++i)
    p.elsewhere += i->second;
  return p;
}

void memory_partition::note_erased(const entry& e, std::uint32_t events) {
  if (!e.has_ended && ended_.contains(incarnation_in(e.content->id)))
    erased_[e.content->id] += events;
}

void memory_partition::forget_erased(const std::string& incarnation, std::uint64_t first_open) {
  std::erase_if(erased_, [&](const auto& batch) {
    const auto number = sequence_in(batch.first, incarnation);
    return number && *number < first_open;
  });
}

// Only of processes that have said that they are there: nobody asks for others.
void memory_partition::count_end(entry& e, std::uint64_t ended_events::*how) {
  if (std::exchange(e.has_ended, true))
    return;
  if (const auto i = ended_.find(incarnation_in(e.content->id)); i != ended_.end())
    i->second.*how += e.content->events;
}

memory_partition::entry* memory_partition::find_dead(const std::string& id) {
  entry* e = find(id);
  return e && e->is == state::dead ? e : nullptr;
}

std::uint64_t& memory_partition::events_in(state s) {
  switch (s) {
  case state::ready:
    return stats_.ready;
  case state::in_flight:
    return stats_.in_flight;
  case state::retry:
    return stats_.retry;
  case state::dead:
    break;
  }
  return stats_.dead;
}

bool memory_partition::has_room_for_dead(const entry& e) const {
  return stats_.dead + e.content->events <= dead_limits_.max_events &&
         dead_bytes_ + e.content->payload->size() <= dead_limits_.max_bytes;
}

} // namespace sluice
