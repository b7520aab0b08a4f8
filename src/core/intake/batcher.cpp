#include "core/intake/batcher.hpp"

#include <algorithm>

#include "core/wire/payload.hpp"

namespace sluice {

batcher::batcher(const options& o)
    : flush_at_{o.flush_at}, max_events_{o.max_batch_events}, max_bytes_{o.max_batch_bytes - body_overhead},
      interval_{o.flush_interval}, linger_{o.request_linger}, limit_{max_events_} {}

void batcher::add(event_chunk&& events, steady_time since) {
  if (events.empty())
    return;
  waiting_ += events.size();
  waiting_bytes_ += events.bytes.size() + event_separator.size();
  waiting_requesters_ += events.waiting.size();
  pieces_.push_back({.events = std::move(events), .since = since});
}

void batcher::flush() {
  if (waiting_ > flushing_events_)
    flushing_.push_back(waiting_ - flushing_events_);
  flushing_events_ = waiting_;
}

std::optional<cut> batcher::next(steady_time now, std::size_t free_batches) {
  if (free_batches == 0 || !due(now))
    return std::nullopt;
  std::size_t limit = size_limit(free_batches);
  if (!flushing_.empty())
    limit = std::min(limit, flushing_.front());
  cut batch;
  batch.since = pieces_.front().since;
  while (!pieces_.empty() && batch.events < limit) {
    const piece& front = pieces_.front();
    const std::size_t more = front.events.size_of(front.next) + (batch.events > 0 ? event_separator.size() : 0);
    if (batch.events > 0 && batch.bytes.size() + more > max_bytes_)
      break;
    append_front(batch);
  }
  if (!flushing_.empty()) {
    flushing_events_ -= batch.events;
    if ((flushing_.front() -= batch.events) == 0)
      flushing_.pop_front();
  }
  return batch;
}

std::optional<steady_time> batcher::deadline() const {
  if (pieces_.empty())
    return std::nullopt;
  steady_time when = pieces_.front().since + interval_;
  if (waiting_requesters_ > 0)
    for (const auto& p : pieces_)
      if (p.next_requester < p.events.waiting.size())
        return std::min(when, p.since + linger_);
  return when;
}

bool batcher::due(steady_time now) const {
  if (waiting_ == 0)
    return false;
  return !flushing_.empty() || waiting_ >= flush_at_ || waiting_bytes_ > max_bytes_ || *deadline() <= now;
}

std::size_t batcher::size_limit(std::size_t free_batches) const noexcept {
  const bool behind = waiting_ / flush_at_ > free_batches;
  return std::min(behind ? max_events_ : flush_at_, limit_);
}

void batcher::append_front(cut& batch) {
  piece& front = pieces_.front();
  const std::size_t i = front.next++;
  if (batch.events > 0)
    batch.bytes += event_separator;
  batch.bytes.append(front.events.bytes, front.events.begin_of(i), front.events.size_of(i));
  batch.event_bytes += front.events.size_of(i);
  ++batch.events;
  auto& waiting = front.events.waiting;
  if (front.next_requester < waiting.size() && waiting[front.next_requester].first == i) {
    batch.requesters.push_back(std::move(waiting[front.next_requester++].second));
    --waiting_requesters_;
  }
  --waiting_;
  waiting_bytes_ -= front.events.size_of(i) + event_separator.size();
  if (front.next == front.events.size())
    pieces_.pop_front();
}

} // namespace sluice
