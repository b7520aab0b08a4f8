#include "core/intake/ledger.hpp"

#include <algorithm>

namespace sluice {

namespace {

// By how much `a` is more than `b`.
std::uint64_t more(std::uint64_t a, std::uint64_t b) {
  return a - std::min(a, b);
}

} // namespace

void ledger::open(std::uint64_t sequence, batch_ptr content, cut&& from) {
  const auto lane = lane_of(sequence);
  cut_[lane] += from.events;
  last_open_ = sequence;
  open_.emplace(sequence, entry{.last = cut_[lane],
                                .events = from.events,
                                .bytes = from.event_bytes,
                                .since = from.since,
                                .requesters = std::move(from.requesters)});
  awaited_[lane].insert(awaited_[lane].end(), sequence);
  unconfirmed_.emplace(sequence, std::move(content));
}

std::optional<ledger::progress> ledger::progress_of(std::uint64_t sequence) const {
  const auto i = open_.find(sequence);
  if (i == open_.end())
    return std::nullopt;
  return progress{.since = i->second.since, .is_stored = i->second.is_stored};
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
  if (deliverers_ == deliverers::others)
    close(i, e.events, end::stored);
  else if (!leased)
    returned(sequence);
}

void ledger::returned(std::uint64_t sequence) {
  if (deliverers_ == deliverers::any)
    awaited_[lane_of(sequence)].erase(sequence);
}

void ledger::failed_once(std::uint64_t sequence) {
  auto i = open_.find(sequence);
  if (i == open_.end())
    return;
  totals_.count_failed_attempt();
  if (deliverers_ == deliverers::this_one && !std::exchange(i->second.is_retrying, true))
    totals_.count_retrying(i->second.events);
  returned(sequence);
}

void ledger::ended(std::uint64_t sequence, std::uint32_t events, bool delivered) {
  stored(sequence, true);
  auto i = open_.find(sequence);
  const auto first = i == open_.end() ? 0 : std::min(events, i->second.events);
  if (first > 0)
    close(i, first, delivered ? end::delivered : end::dead);
  // The rest had ended before: a dead letter was replayed, or the store has forgotten the end.
  const auto again = events - first;
  totals_.count_recovered(delivered ? again : 0, delivered ? 0 : again);
  auto& forgotten = ends_in_partition_of(sequence).forgotten;
  forgotten -= std::min<std::uint64_t>(forgotten, again);
}

void ledger::close(entries::iterator i, std::uint32_t events, end how) {
  entry& e = i->second;
  // Bytes are freed in proportion to events; the last part frees what rounding left.
  const std::size_t bytes = events == e.events ? e.bytes : e.bytes / e.events * events;
  if (!durable_)
    intake_.release(events, bytes);
  switch (how) {
  case end::delivered:
    totals_.count_ended(events, 0);
    ends_in_partition_of(i->first).known.delivered += events;
    break;
  case end::dead:
    totals_.count_ended(0, events);
    ends_in_partition_of(i->first).known.dead += events;
    break;
  case end::elsewhere:
    totals_.count_ended_elsewhere(events);
    break;
  case end::lost:
    totals_.count_lost(events);
    break;
  case end::stored: // counted already, and it goes on to wait in the store
    break;
  }
  if (e.is_retrying)
    totals_.count_retrying(-static_cast<std::int64_t>(events));
  of(ends_, how) += events;
  for (auto& [number, w] : flushes_)
    if (watches(w, *i))
      of(w.counts, how) += events;
  e.bytes -= bytes;
  e.events -= events;
  if (e.events == 0) {
    awaited_[lane_of(i->first)].erase(i->first);
    open_.erase(i);
  }
}

// -- flushes ----------------------------------------------------------------------------------------------------------

std::uint64_t ledger::begin_flush() {
  flushes_.emplace(next_flush_, watch{.up_to = taken_, .counts = ends_});
  return next_flush_++;
}

bool ledger::flushed(std::uint64_t flush) const {
  auto i = flushes_.find(flush);
  if (i == flushes_.end())
    return true;
  for (std::size_t lane = 0; lane < awaited_.size(); ++lane) {
    const auto& waiting = awaited_[lane];
    if (cut_[lane] < i->second.up_to[lane] || (!waiting.empty() && watches(i->second, *open_.find(*waiting.begin()))))
      return false;
  }
  return true;
}

flush_report ledger::report(std::uint64_t flush) const {
  auto i = flushes_.find(flush);
  if (i == flushes_.end())
    return {};
  const watch& w = i->second;
  flush_report r{.delivered = of(w.counts, end::delivered),
                 .dead = of(w.counts, end::dead),
                 .stored = of(w.counts, end::stored),
                 .waiting = 0,
                 .ended_elsewhere = of(w.counts, end::elsewhere),
                 .lost = of(w.counts, end::lost)};
  for (std::size_t lane = 0; lane < cut_.size(); ++lane)
    r.waiting += more(w.up_to[lane], cut_[lane]);
  for (const auto& batch : open_)
    if (watches(w, batch))
      (batch.second.is_stored ? r.stored : r.waiting) += batch.second.events;
  return r;
}

std::size_t ledger::awaited() const noexcept {
  std::size_t sum = 0;
  for (const auto& waiting : awaited_)
    sum += waiting.size();
  return sum;
}

// -- searches ---------------------------------------------------------------------------------------------------------

std::uint64_t ledger::begin_search() {
  const auto number = search_.begin(last_open_);
  if (next_page(1).empty())
    conclude_search();
  return number;
}

void ledger::store_went_back() {
  went_back_ = true;
  news_may_be_missing();
}

void ledger::news_may_be_missing() {
  search_.begin_again(last_open_);
  if (next_page(1).empty())
    conclude_search();
}

bool ledger::search_is_due() const noexcept {
  return deliverers_ == deliverers::any && !search_.is_under_way() && open_.size() - awaited() >= search_at_;
}

std::vector<std::uint64_t> ledger::next_page(std::size_t most) const {
  std::vector<std::uint64_t> page;
  if (!search_.is_under_way())
    return page;
  for (auto i = open_.lower_bound(search_.next()); i != open_.end() && i->first <= search_.last() && page.size() < most;
       ++i)
    if (i->second.is_stored)
      page.push_back(i->first);
  return page;
}

std::uint64_t ledger::found(const std::vector<std::uint64_t>& page, const std::vector<presence>& there,
                            const std::vector<ended_events>& of_partitions) {
  if (!search_.is_under_way() || page.empty() || of_partitions.size() != partitions_.size())
    return 0;
  for (std::size_t p = 0; p < partitions_.size(); ++p) {
    partitions_[p].said = of_partitions[p];
    if (went_back_)
      partitions_[p].forgotten += partitions_[p].unsaid();
  }
  went_back_ = false;
  for (std::size_t i = 0; i < page.size() && i < there.size(); ++i) {
    const auto e = open_.find(page[i]);
    if (e == open_.end())
      continue;
    auto missing = e->second.events - std::min(e->second.events, there[i].waiting);
    const auto elsewhere = std::min(missing, there[i].elsewhere - std::min(there[i].elsewhere, e->second.elsewhere));
    missing -= elsewhere;
    if (missing > 0)
      search_.missing(page[i], missing, std::min(missing, there[i].dead));
    if (elsewhere > 0) {
      e->second.elsewhere += elsewhere;
      close(e, elsewhere, end::elsewhere);
    }
  }
  search_.answered_up_to(page.back());
  return next_page(1).empty() ? conclude_search() : 0;
}

std::uint64_t ledger::partition_ends::unheard() const noexcept {
  return more(said.delivered + said.dead + forgotten, known.delivered + known.dead);
}

std::uint64_t ledger::partition_ends::unsaid() const noexcept {
  return more(known.delivered + known.dead, said.delivered + said.dead + forgotten);
}

// What is missing and was not ended by others was ended by this process, as far as the store has counted such ends:
// the news got lost. The rest is lost; that is the newest, since a store that goes back loses what came last.
std::uint64_t ledger::conclude_search() {
  const auto missing = search_.finish(last_open_);
  struct unheard_ends {
    std::uint64_t all = 0, dead = 0;
  };
  std::vector<unheard_ends> of_partitions;
  for (const auto& p : partitions_)
    of_partitions.push_back({.all = p.unheard(), .dead = more(p.said.dead, p.known.dead)});
  std::vector<std::uint64_t> dead_there(partitions_.size());
  for (const auto& part : missing)
    dead_there[part.sequence % partitions_.size()] += part.dead;
  for (std::size_t p = 0; p < partitions_.size(); ++p)
    of_partitions[p].dead = std::max(of_partitions[p].dead, dead_there[p]);
  std::uint64_t lost = 0;
  for (const auto& part : missing) {
    auto& [ended, dead] = of_partitions[part.sequence % partitions_.size()];
    const auto close_some = [&](std::uint64_t events, end how) {
      const auto i = open_.find(part.sequence);
      if (i == open_.end() || events == 0)
        return std::uint64_t{0};
      const auto n = static_cast<std::uint32_t>(std::min<std::uint64_t>(events, i->second.events));
      close(i, n, how);
      return std::uint64_t{n};
    };
    std::uint64_t left = part.events;
    const auto d = close_some(std::min({left, ended, dead}), end::dead);
    ended -= d, dead -= d, left -= d;
    const auto n = close_some(std::min(left, ended), end::delivered);
    ended -= n, left -= n;
    if (ended == 0)
      lost += close_some(left, end::lost);
  }
  search_at_ = 2 * (open_.size() - awaited()) + least_for_search;
  if (search_.is_under_way() && next_page(1).empty()) // the one that was asked for meanwhile finds nothing to do
    conclude_search();
  return lost;
}

} // namespace sluice
