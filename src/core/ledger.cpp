#include "core/ledger.hpp"

#include <algorithm>

namespace sluice {

void ledger::open(std::uint64_t sequence, batch_ptr content, cut&& from) {
  cut_ += from.events;
  open_.emplace(
      sequence,
      entry{.last = cut_, .events = from.events, .bytes = from.event_bytes, .requesters = std::move(from.requesters)});
  unconfirmed_.emplace(sequence, std::move(content));
}

void ledger::stored(std::uint64_t sequence) {
  unconfirmed_.erase(sequence);
  auto i = open_.find(sequence);
  if (i == open_.end() || i->second.is_stored)
    return;
  entry& e = i->second;
  e.is_stored = true;
  door_.count_stored(e.events);
  if (durable_)
    door_.release(e.events, std::exchange(e.bytes, 0));
  for (auto& r : std::exchange(e.requesters, {}))
    r->stored();
}

void ledger::failed_once(std::uint64_t sequence) {
  auto i = open_.find(sequence);
  if (i == open_.end())
    return;
  door_.count_failed_attempt();
  if (!std::exchange(i->second.is_retrying, true))
    door_.count_retrying(i->second.events);
}

void ledger::ended(std::uint64_t sequence, std::uint32_t events, bool delivered) {
  stored(sequence);
  auto i = open_.find(sequence);
  if (i == open_.end())
    return;
  entry& e = i->second;
  events = std::min(events, e.events);
  // Bytes go with their events, the last part taking what rounding left.
  const std::size_t bytes = events == e.events ? e.bytes : e.bytes / e.events * events;
  if (!durable_)
    door_.release(events, bytes);
  door_.count_ended(delivered ? events : 0, delivered ? 0 : events);
  if (e.is_retrying)
    door_.count_retrying(-static_cast<std::int64_t>(events));
  (delivered ? delivered_ : dead_) += events;
  for (auto& [number, w] : flushes_)
    if (e.last <= w.up_to)
      (delivered ? w.delivered : w.dead) += events;
  e.bytes -= bytes;
  e.events -= events;
  if (e.events == 0)
    open_.erase(i);
}

std::uint64_t ledger::begin_flush() {
  flushes_.emplace(next_flush_, watch{.up_to = taken_, .delivered = delivered_, .dead = dead_});
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
  for (const auto& [sequence, e] : open_) {
    if (e.last > w.up_to)
      break;
    if (e.is_stored)
      r.stored += e.events;
  }
  r.waiting = w.up_to - r.delivered - r.dead - r.stored;
  return r;
}

} // namespace sluice
