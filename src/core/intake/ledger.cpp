#include "core/intake/ledger.hpp"

#include <algorithm>

namespace sluice {

void ledger::open(std::uint64_t sequence, batch_ptr content, cut&& from) {
  cut_ += from.events;
  last_open_ = sequence;
  open_.emplace(
      sequence,
      entry{.last = cut_, .events = from.events, .bytes = from.event_bytes, .requesters = std::move(from.requesters)});
  unconfirmed_.emplace(sequence, std::move(content));
}

void ledger::stored(std::uint64_t sequence, bool leased) {
  unconfirmed_.erase(sequence);
  auto i = open_.find(sequence);
  if (i == open_.end() || i->second.is_stored)
    return;
  entry& e = i->second;
  e.is_stored = true;
  totals_.count_stored(e.events);
  if (durable_)
    intake_.release(e.events, std::exchange(e.bytes, 0));
  for (auto& r : std::exchange(e.requesters, {}))
    r->stored();
  if (!leased)
    returned(sequence);
}

void ledger::returned(std::uint64_t sequence) {
  auto i = open_.find(sequence);
  if (!shared_ || i == open_.end())
    return;
  if (i->second.is_retrying)
    totals_.count_retrying(-static_cast<std::int64_t>(i->second.events));
  open_.erase(i);
}

void ledger::failed_once(std::uint64_t sequence) {
  auto i = open_.find(sequence);
  if (i == open_.end())
    return;
  totals_.count_failed_attempt();
  if (!std::exchange(i->second.is_retrying, true))
    totals_.count_retrying(i->second.events);
  returned(sequence);
}

std::uint64_t ledger::forgotten(const std::set<std::uint64_t>& kept) {
  std::uint64_t lost = 0;
  for (auto i = open_.begin(); i != open_.end();) {
    const entry& e = i->second;
    if (!e.is_stored || kept.contains(i->first)) {
      ++i;
      continue;
    }
    lost += e.events;
    if (e.is_retrying)
      totals_.count_retrying(-static_cast<std::int64_t>(e.events));
    i = open_.erase(i);
  }
  totals_.count_lost(lost);
  return lost;
}

void ledger::count_end(std::uint32_t events, bool delivered) {
  totals_.count_ended(delivered ? events : 0, delivered ? 0 : events);
  (delivered ? delivered_ : dead_) += events;
}

void ledger::ended(std::uint64_t sequence, std::uint32_t events, bool delivered) {
  stored(sequence, true);
  auto i = open_.find(sequence);
  if (i == open_.end()) {
    if (!shared_)
      return;
    // The batch had left this process and came back. The end of a lease is reported once.
    count_end(events, delivered);
    for (auto& [number, w] : flushes_)
      if (sequence <= w.last_open)
        (delivered ? w.delivered : w.dead) += events;
    return;
  }
  entry& e = i->second;
  events = std::min(events, e.events);
  // Bytes are freed in proportion to events; the last part frees what rounding left.
  const std::size_t bytes = events == e.events ? e.bytes : e.bytes / e.events * events;
  if (!durable_)
    intake_.release(events, bytes);
  count_end(events, delivered);
  if (e.is_retrying)
    totals_.count_retrying(-static_cast<std::int64_t>(events));
  for (auto& [number, w] : flushes_)
    if (e.last <= w.up_to)
      (delivered ? w.delivered : w.dead) += events;
  e.bytes -= bytes;
  e.events -= events;
  if (e.events == 0)
    open_.erase(i);
}

std::uint64_t ledger::begin_flush() {
  flushes_.emplace(next_flush_,
                   watch{.up_to = taken_, .last_open = last_open_, .delivered = delivered_, .dead = dead_});
  return next_flush_++;
}

bool ledger::flushed(std::uint64_t flush) const {
  auto i = flushes_.find(flush);
  if (i == flushes_.end())
    return true;
  return cut_ >= i->second.up_to && (open_.empty() || open_.begin()->second.last > i->second.up_to);
}

flush_report ledger::report(std::uint64_t flush) const {
  auto i = flushes_.find(flush);
  if (i == flushes_.end())
    return {};
  const watch& w = i->second;
  flush_report r{.delivered = w.delivered, .dead = w.dead};
  r.waiting = w.up_to > cut_ ? w.up_to - cut_ : 0;
  for (const auto& [sequence, e] : open_) {
    if (e.last > w.up_to)
      break;
    if (!e.is_stored)
      r.waiting += e.events;
  }
  r.stored = w.up_to - r.delivered - r.dead - r.waiting;
  return r;
}

} // namespace sluice
