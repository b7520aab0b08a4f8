#include "core/intake/partitioned_batcher.hpp"

#include <algorithm>
#include <utility>

namespace sluice {

namespace {

// The events of each partition, in their order.
std::vector<event_chunk> divided(event_chunk&& events, std::size_t partitions) {
  std::vector<event_chunk> chunks(partitions);
  auto who = events.waiting.begin();
  for (std::size_t i = 0; i < events.size(); ++i) {
    const bool is_awaited = who != events.waiting.end() && who->first == i;
    chunks[events.partitions[i]].append(std::string_view{events.bytes}.substr(events.begin_of(i), events.size_of(i)),
                                        is_awaited ? std::move((who++)->second) : nullptr);
  }
  return chunks;
}

} // namespace

partitioned_batcher::partitioned_batcher(const options& o)
    : window_{(o.persist_window + o.queue.partitions - 1) / o.queue.partitions},
      batchers_(o.ordering == delivery_order::per_user ? o.queue.partitions : 1, batcher{o}) {}

void partitioned_batcher::add(event_chunk&& events, steady_time since) {
  if (!is_divided())
    return batchers_.front().add(std::move(events), since);
  auto chunks = divided(std::move(events), batchers_.size());
  for (std::size_t p = 0; p < chunks.size(); ++p)
    batchers_[p].add(std::move(chunks[p]), since);
}

void partitioned_batcher::limit_events(std::size_t most) noexcept {
  for (auto& b : batchers_)
    b.limit_events(most);
}

void partitioned_batcher::flush() {
  for (auto& b : batchers_)
    b.flush();
}

std::optional<cut> partitioned_batcher::next(steady_time now, const std::vector<std::size_t>& unstored) {
  if (!is_divided())
    return next_of_all(now, unstored);
  for (std::size_t i = 0; i < batchers_.size(); ++i) {
    const auto p = (turn_ + i) % batchers_.size();
    if (auto batch = batchers_[p].next(now, room(unstored[p]))) {
      batch->partition = p;
      turn_ = (p + 1) % batchers_.size();
      return batch;
    }
  }
  return std::nullopt;
}

std::optional<cut> partitioned_batcher::next_of_all(steady_time now, const std::vector<std::size_t>& unstored) {
  auto batch = batchers_.front().next(now, room(unstored));
  if (!batch)
    return batch;
  auto best = turn_;
  for (std::size_t i = 0; i < unstored.size(); ++i)
    if (const auto p = (turn_ + i) % unstored.size(); unstored[p] < unstored[best])
      best = p;
  batch->partition = best;
  turn_ = (best + 1) % unstored.size();
  return batch;
}

std::optional<steady_time> partitioned_batcher::deadline(const std::vector<std::size_t>& unstored) const {
  std::optional<steady_time> first;
  for (std::size_t p = 0; p < batchers_.size(); ++p) {
    const bool may_go = is_divided() ? room(unstored[p]) > 0 : room(unstored) > 0;
    if (const auto when = batchers_[p].deadline(); may_go && when && (!first || *when < *first))
      first = when;
  }
  return first;
}

// How many batches may be on their way besides, to whichever partition.
std::size_t partitioned_batcher::room(const std::vector<std::size_t>& unstored) const noexcept {
  std::size_t sum = 0;
  for (const auto n : unstored)
    sum += room(n);
  return sum;
}

} // namespace sluice
