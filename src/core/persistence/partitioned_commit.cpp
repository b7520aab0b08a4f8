#include "core/persistence/partitioned_commit.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace sluice {

namespace {

template <class T>
void append(std::vector<T>& to, std::vector<T>&& more) {
  std::move(more.begin(), more.end(), std::back_inserter(to));
}

// What partitions on one server say of it is said once.
void append_lines(effects& to, effects& from) {
  for (auto& line : from.log)
    if (std::find(to.log.begin(), to.log.end(), line) == to.log.end())
      to.log.push_back(std::move(line));
}

// A retry may be due at once.
bool may_make_ready(const settlement& s) {
  return !std::holds_alternative<ack>(s) && !std::holds_alternative<extend>(s);
}

// Whether a partition may have more that is ready, which had some before, or of which a retry fell due in this unit.
// Leases go to the oldest, and to those that the unit enqueues last.
bool may_have_more(const unit_of_work& unit, const work_done& done, bool had_some) {
  if (done.granted.size() < unit.slots)
    return false;
  const auto is_new = [&](const leased_batch& b) {
    return std::any_of(unit.enqueues.begin(), unit.enqueues.end(),
                       [&](const batch_ptr& e) { return e->id == b.content->id; });
  };
  if (const auto fresh = std::count_if(done.granted.begin(), done.granted.end(), is_new); fresh > 0)
    return static_cast<std::size_t>(fresh) < unit.enqueues.size();
  return had_some || unit.slots > 0 || !unit.enqueues.empty() ||
         std::any_of(unit.settlements.begin(), unit.settlements.end(), may_make_ready);
}

// But for `again` and `next_due`, which are of all partitions.
void merge(effects& to, effects from) {
  append(to.news, std::move(from.news));
  append(to.over, std::move(from.over));
  append(to.granted, std::move(from.granted));
  append_lines(to, from);
  to.stale += from.stale;
  to.went_back = to.went_back || from.went_back;
  to.erased = to.erased || from.erased;
  to.resumed = to.resumed || from.resumed;
  if (from.found)
    to.found = std::move(from.found);
  if (from.pause)
    to.pause = std::move(from.pause);
  if (!to.lost)
    to.lost = std::move(from.lost);
}

} // namespace

partitioned_commit::partitioned_commit(const options& o, bool is_shared, const std::string& incarnation)
    : one_at_a_time_{group_commit::is_in_order(o, is_shared)}, pause_{std::make_shared<queue_pause>(
                                                                   o.dead_letters.pause_after, o.queue.partitions)} {
  for (std::size_t i = 0; i < o.queue.partitions; ++i)
    parts_.push_back({.commit = group_commit{o, is_shared, incarnation, pause_, i}});
}

// -- what arrives -----------------------------------------------------------------------------------------------------

template <class T, class IdOf>
std::vector<std::vector<T>> partitioned_commit::divided(const std::vector<T>& all, IdOf id_of) const {
  std::vector<std::vector<T>> lists(parts_.size());
  for (const auto& x : all)
    lists[partition_of(id_of(x), parts_.size())].push_back(x);
  return lists;
}

void partitioned_commit::store(const std::vector<batch_ptr>& batches) {
  const auto lists = divided(batches, [](const batch_ptr& b) -> const std::string& { return b->id; });
  const bool is_first = !std::exchange(buffer_has_spoken_, true);
  for (std::size_t i = 0; i < parts_.size(); ++i)
    if (is_first || !lists[i].empty()) {
      parts_[i].commit.store(lists[i]);
      parts_[i].is_due = true;
    }
}

// An acknowledgement whose lease is wanted for another batch does not wait, see `wants_more`.
void partitioned_commit::settle(const std::vector<settlement>& all, moment at) {
  for (const auto& s : all)
    if (const auto* l = lease_of(s)) {
      auto& p = part_of(l->id);
      p.commit.settle({s});
      if (!std::holds_alternative<ack>(s) || p.commit.settlements() >= most_acks_waiting)
        p.is_due = true;
      else if (!p.commit.is_failing())
        p.again = std::min(p.again.value_or(moment::max()), at + ack_wait);
    }
}

void partitioned_commit::pull(std::size_t capacity, const std::vector<leased_batch>& leased) {
  const auto lists = divided(leased, [](const leased_batch& b) -> const std::string& { return b.content->id; });
  for (std::size_t i = 0; i < parts_.size(); ++i)
    parts_[i].commit.pull(0, lists[i]);
  set_capacity(capacity);
}

void partitioned_commit::set_capacity(std::size_t capacity) {
  capacity_ = capacity;
  for (auto& p : parts_)
    p.commit.set_capacity(one_at_a_time_ ? std::min<std::size_t>(capacity, 1) : capacity);
  look_at_all();
}

void partitioned_commit::set_attached(bool attached) {
  if (attached == is_attached())
    return;
  look_at_all();
  for (auto& p : parts_)
    p.commit.set_attached(attached);
}

void partitioned_commit::extend_leases() {
  for (auto& p : parts_)
    p.commit.extend_leases();
  look_at_all();
}

void partitioned_commit::redirect(const std::string& fingerprint) {
  for (auto& p : parts_)
    p.commit.redirect(fingerprint);
  look_at_all();
}

// It is the same for all partitions, and shown once.
void partitioned_commit::note_health(delivery_health h) {
  parts_.front().commit.note_health(std::move(h));
  parts_.front().is_due = true;
}

void partitioned_commit::resume() {
  pause_->resume();
  look_at_all();
}

void partitioned_commit::look_at_all() {
  for (auto& p : parts_)
    p.is_due = p.is_hungry = true;
}

// -- the next units ---------------------------------------------------------------------------------------------------

bool partitioned_commit::may_go_on(const part& p, moment at) {
  return (p.again && *p.again <= at) || (p.is_due && !p.commit.is_failing());
}

bool partitioned_commit::wants_more(const part& p) {
  return p.is_hungry && p.commit.has_room() && !p.commit.is_failing();
}

std::vector<unit_of_work> partitioned_commit::next(store_time now, moment at) {
  if (may_ask())
    ask();
  std::vector<unit_of_work> units;
  std::vector<const part*> waiting;
  for (std::size_t i = 0; i < parts_.size(); ++i)
    if (const auto& p = parts_[(turn_ + i) % parts_.size()]; may_go_on(p, at))
      units.push_back(p.commit.next(now));
    else if (wants_more(p))
      waiting.push_back(&p);
  if (!waiting.empty()) { // they may take what others have given back
    waiting.resize(std::min(waiting.size(), free_slots(units)));
    for (const auto* p : waiting)
      units.push_back(p->commit.next(now));
  }
  const auto turn_of = [&](const unit_of_work& u) { return (u.partition + parts_.size() - turn_) % parts_.size(); };
  std::sort(units.begin(), units.end(),
            [&](const unit_of_work& a, const unit_of_work& b) { return turn_of(a) < turn_of(b); });
  share_slots(units);
  pause_->limit(units);
  return units;
}

// Of partitions that have no unit.
std::size_t partitioned_commit::leased_by_others(const std::vector<unit_of_work>& units) const {
  std::size_t sum = 0;
  for (const auto& p : parts_)
    sum += p.commit.leased();
  for (const auto& u : units)
    sum -= parts_[u.partition].commit.leased();
  return sum;
}

std::size_t partitioned_commit::free_slots(const std::vector<unit_of_work>& units) const {
  auto leased = leased_by_others(units);
  for (const auto& u : units)
    leased += parts_[u.partition].commit.leased_after(u);
  return capacity_ - std::min(capacity_, leased);
}

// One at a time and in turn, first to those that are known to have something for it.
void partitioned_commit::share_slots(std::vector<unit_of_work>& units) {
  auto free = free_slots(units);
  std::vector<std::size_t> most;
  most.reserve(units.size());
  for (auto& u : units)
    most.push_back(std::exchange(u.slots, 0));
  for (const bool has_some : {true, false})
    for (bool given = true; free > 0 && given;) {
      given = false;
      for (std::size_t i = 0; i < units.size() && free > 0; ++i) {
        auto& u = units[i];
        if (u.slots == most[i] || has_some != (parts_[u.partition].is_hungry || !u.enqueues.empty()))
          continue;
        ++u.slots;
        --free;
        given = true;
        turn_ = (u.partition + 1) % parts_.size();
      }
    }
}

// -- what follows from them -------------------------------------------------------------------------------------------

effects partitioned_commit::came_of(const std::vector<unit_of_work>& units, const std::vector<work_result>& results,
                                    moment at, const std::function<double()>& unit_random) {
  effects e;
  for (std::size_t i = 0; i < units.size(); ++i)
    merge(e, came_of(units[i], results[i], at, unit_random));
  e.found = answer();
  if (e.pause)
    look_at_all();
  const bool asks = may_ask(), is_free = free_slots({}) > 0;
  for (auto& p : parts_) {
    const bool at_once = asks || may_go_on(p, at) || (is_free && wants_more(p));
    const auto wait = at_once ? milliseconds{0} : std::chrono::ceil<milliseconds>(p.again.value_or(at) - at);
    if (at_once || p.again)
      e.again = std::min(e.again.value_or(milliseconds::max()), std::max(wait, milliseconds{0}));
  }
  if (const auto due = next_due(); std::exchange(said_due_, due) != due)
    e.next_due = due;
  return e;
}

effects partitioned_commit::came_of(const unit_of_work& unit, const work_result& result, moment at,
                                    const std::function<double()>& unit_random) {
  auto& p = parts_[unit.partition];
  const auto was_due = p.commit.next_due();
  auto e = result ? p.commit.applied(unit, *result) : p.commit.failed(result.error(), unit_random());
  p.is_due = false;
  p.again.reset();
  if (e.again)
    p.again = at + *std::exchange(e.again, std::nullopt);
  if (result)
    p.is_hungry = may_have_more(unit, *result, p.is_hungry || (was_due && was_due != p.commit.next_due()));
  if (auto found = std::exchange(e.found, std::nullopt); found && search_)
    search_->said.push_back(std::move(*found));
  return e;
}

// -- searches ---------------------------------------------------------------------------------------------------------

bool partitioned_commit::may_ask() const {
  return search_ && !search_->is_asked && is_attached() &&
         std::none_of(parts_.begin(), parts_.end(), [](const part& p) { return p.commit.is_failing(); });
}

// All are asked at the same time: what one says of ended batches would not fit the news that come before another
// answers.
void partitioned_commit::ask() {
  search_->is_asked = true;
  search_->said.clear();
  const auto ids = divided(search_->what.ids, [](const std::string& id) -> const std::string& { return id; });
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    parts_[i].commit.look({.number = i, .ids = ids[i], .first_open = search_->what.first_open});
    parts_[i].is_due = true;
  }
}

// If one has not answered, all are asked again.
std::optional<looked_for> partitioned_commit::answer() {
  if (!search_ || !search_->is_asked)
    return std::nullopt;
  search_->is_asked = false;
  if (search_->said.size() < parts_.size())
    return std::nullopt;
  looked_for all{.number = search_->what.number, .found = {}, .ended = std::vector<ended_events>(parts_.size())};
  std::vector<std::vector<presence>> found(parts_.size());
  for (auto& s : search_->said) {
    all.ended.at(s.number) = s.ended.front();
    found.at(s.number) = std::move(s.found);
  }
  std::vector<std::size_t> next(parts_.size());
  for (const auto& id : search_->what.ids) {
    const auto p = partition_of(id, parts_.size());
    if (const auto i = next[p]++; i < found[p].size())
      all.found.push_back(found[p][i]);
  }
  search_.reset();
  return all;
}

bool partitioned_commit::is_failing() const {
  return std::all_of(parts_.begin(), parts_.end(), [](const part& p) { return p.commit.is_failing(); });
}

std::optional<store_time> partitioned_commit::next_due() const {
  std::optional<store_time> first;
  for (const auto& p : parts_)
    if (const auto due = p.commit.next_due(); due && (!first || *due < *first))
      first = due;
  return first;
}

std::size_t partitioned_commit::waiting() const {
  std::size_t sum = 0;
  for (const auto& p : parts_)
    sum += p.commit.waiting();
  return sum;
}

} // namespace sluice
