#include "core/persistence/leases.hpp"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

namespace sluice {

namespace {

const leased_batch* find(const std::map<std::string, leased_batch>& among, const lease& l) {
  const auto i = among.find(l.id);
  return i != among.end() && i->second.fence == l.fence ? &i->second : nullptr;
}

} // namespace

const retain* last_retain(const std::vector<settlement>& settlements) {
  for (auto i = settlements.rbegin(); i != settlements.rend(); ++i)
    if (const auto* r = std::get_if<retain>(&*i))
      return r;
  return nullptr;
}

std::vector<lease> leases::all() const {
  std::vector<lease> list;
  for (const auto& [id, b] : leases_)
    list.push_back({id, b.fence});
  return list;
}

std::size_t leases::from_memory_now() const {
  return static_cast<std::size_t>(
      std::count_if(leases_.begin(), leases_.end(), [](const auto& b) { return b.second.fence == from_memory; }));
}

bool leases::is_from_memory(const std::string& id) const {
  const auto is = [&](const std::map<std::string, leased_batch>& among) {
    const auto i = among.find(id);
    return i != among.end() && i->second.fence == from_memory;
  };
  return is(leases_) || is(reported_);
}

void leases::reported_by_dispatcher(const std::vector<leased_batch>& batches) {
  for (const auto& b : batches)
    reported_.insert_or_assign(b.content->id, b);
}

void leases::add(const std::vector<leased_batch>& batches) {
  for (const auto& b : batches) {
    leases_.insert_or_assign(b.content->id, b);
    inherited_.erase(b.content->id);
  }
}

settled_leases leases::settle(const unit_of_work& unit, const work_done& done, bool is_repeated) {
  settled_leases came;
  for (std::size_t i = 0; i < unit.settlements.size(); ++i)
    settle_one(unit.settlements[i], done.settled[i], is_repeated, came);
  reported_.clear();
  return came;
}

void leases::settle_one(const settlement& s, settle_outcome outcome, bool is_repeated, settled_leases& came) {
  const auto* about = lease_of(s);
  if (!about) {
    if (const auto* r = std::get_if<retain>(&s))
      retain_only(*r, came);
    return;
  }
  came.over.push_back(*about);
  auto i = leases_.find(about->id);
  if (i == leases_.end() || i->second.fence != about->fence)
    return;
  const leased_batch was = std::move(i->second);
  leases_.erase(i);
  is_repeated = inherited_.erase(about->id) > 0 || is_repeated;
  batch_news n{.step = batch_step::returned, .content = was.content, .attempts = was.attempts, .why = {}};
  const bool done = outcome == settle_outcome::applied || outcome == settle_outcome::no_room;
  const bool gone = outcome == settle_outcome::gone;
  // An acknowledged batch that is gone was acknowledged before, and the answer got lost; or by another process.
  const bool stored = was.fence != from_memory;
  if (std::holds_alternative<ack>(s) && (done || !stored || (gone && (is_repeated || !is_shared_)))) {
    n.step = batch_step::delivered;
  } else if (const auto* failed = std::get_if<nack>(&s); failed && (done || !stored)) {
    n.step = batch_step::retried;
    n.attempts = was.attempts + 1;
    n.why = failed->why;
    n.delay = failed->delay;
  } else if (const auto* buried = std::get_if<bury>(&s); buried && done && stored) {
    n.step = outcome == settle_outcome::no_room ? batch_step::retried : batch_step::dead;
    n.attempts = was.attempts + 1;
    n.why = buried->why;
  } else if (stored && outcome == settle_outcome::stale) {
    ++came.stale;
  } else if (stored && gone && !is_shared_ && !(is_repeated && std::holds_alternative<split>(s))) {
    came.forgotten.push_back(was.content); // nobody else can have ended it
  }
  came.news.push_back(std::move(n));
}

// The leases of now are those that the dispatcher has reported, but for those that this unit has settled before.
void leases::retain_only(const retain& r, settled_leases& came) {
  std::map<std::string, leased_batch> kept;
  for (const auto& l : r.leases) {
    if (std::find(came.over.begin(), came.over.end(), l) != came.over.end())
      continue;
    if (const auto* granted = find(leases_, l)) {
      kept.emplace(l.id, *granted);
    } else if (const auto* reported = find(reported_, l)) {
      kept.emplace(l.id, *reported);
      inherited_.insert(l.id);
    }
  }
  for (const auto& [id, b] : leases_)
    if (!kept.contains(id))
      came.news.push_back({.step = batch_step::returned, .content = b.content, .attempts = b.attempts, .why = {}});
  leases_ = std::move(kept);
  std::erase_if(inherited_, [this](const std::string& id) { return !leases_.contains(id); });
}

std::size_t leases::count_after(const std::vector<settlement>& settlements) const {
  if (settlements.empty())
    return leases_.size();
  std::set<std::pair<std::string_view, std::uint64_t>> left;
  if (const auto* r = last_retain(settlements))
    for (const auto& l : r->leases)
      left.emplace(l.id, l.fence);
  else
    for (const auto& [id, b] : leases_)
      left.emplace(id, b.fence);
  for (const auto& s : settlements)
    if (const auto* l = lease_of(s)) // a settlement that is sent again may be about an earlier lease of the batch
      left.erase({l->id, l->fence});
  return left.size();
}

std::vector<batch_ptr> leases::undelivered(const std::vector<settlement>& settlements) const {
  std::set<std::string_view> delivered;
  for (const auto& s : settlements)
    if (const auto* a = std::get_if<ack>(&s))
      delivered.insert(a->lease.id);
  std::vector<batch_ptr> list;
  for (const auto& [id, b] : leases_)
    if (!delivered.contains(id) && b.fence != from_memory)
      list.push_back(b.content);
  return list;
}

} // namespace sluice
