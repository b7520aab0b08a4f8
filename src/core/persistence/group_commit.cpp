#include "core/persistence/group_commit.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

namespace sluice {

group_commit::group_commit(const options& o, bool is_shared, std::string incarnation,
                           std::shared_ptr<queue_pause> pause, std::size_t partition)
    : in_order_{is_in_order(o, is_shared)}, only_enqueues_{o.queue.enqueue_only}, max_in_flight_{o.max_in_flight},
      incarnation_{std::move(incarnation)}, partition_{partition}, leases_{is_shared}, pause_{std::move(pause)} {}

bool group_commit::is_in_order(const options& o, bool is_shared) {
  return o.ordering != delivery_order::none || (o.max_in_flight == 1 && !is_shared);
}

// -- what arrives -----------------------------------------------------------------------------------------------------

void group_commit::store(const std::vector<batch_ptr>& batches) {
  buffer_has_spoken_ = true;
  enqueues_.insert(enqueues_.end(), batches.begin(), batches.end());
}

void group_commit::settle(const std::vector<settlement>& all) {
  settlements_.insert(settlements_.end(), all.begin(), all.end());
}

void group_commit::pull(std::size_t capacity, const std::vector<leased_batch>& leased) {
  capacity_ = capacity;
  retain keep;
  for (const auto& b : leased)
    keep.leases.push_back({b.content->id, b.fence});
  leases_.reported_by_dispatcher(leased);
  settlements_.emplace_back(std::move(keep));
}

// -- the next unit ----------------------------------------------------------------------------------------------------

unit_of_work group_commit::next(store_time now) const {
  if (recovery_ == recovery::restore)
    return unit_to_restore(now);
  unit_of_work unit{.now = now,
                    .partition = partition_,
                    .incarnation = incarnation_,
                    .fingerprint = fingerprint_,
                    .pause = pause_->wanted(partition_),
                    .settlements = settlements_,
                    .health = health_};
  std::size_t bytes = 0;
  for (const auto& b : enqueues_) {
    if (leases_.is_from_memory(b->id))
      continue;
    bytes += b->payload->size();
    if (!unit.enqueues.empty() && (unit.enqueues.size() == max_enqueues || bytes > max_enqueued_bytes))
      break;
    unit.enqueues.push_back(b);
  }
  if (extends_)
    unit.settlements.emplace_back(extend{leases_.all()});
  if (recovery_ == recovery::reconcile && !last_retain(unit.settlements))
    unit.settlements.insert(unit.settlements.begin(), retain{leases_.all()});
  unit.slots = free_slots(unit);
  unit.in_order = in_order_;
  if (look_for_ && is_attached_) { // before, the dispatcher may have acknowledgements whose answers got lost
    unit.look_for = look_for_->ids;
    unit.wants_ended = true;
    unit.first_open = look_for_->first_open;
  }
  return unit;
}

// In a unit of its own, because settlements must find what is restored in the store. What waits to be acknowledged need
// not come back.
unit_of_work group_commit::unit_to_restore(store_time now) const {
  unit_of_work unit{.now = now,
                    .partition = partition_,
                    .incarnation = incarnation_,
                    .enqueues = leases_.undelivered(settlements_),
                    .restores = true};
  unit.enqueues.insert(unit.enqueues.end(), forgotten_.begin(), forgotten_.end());
  return unit;
}

bool group_commit::may_claim() const noexcept {
  return !only_enqueues_ && buffer_has_spoken_ && is_attached_ && pause_->may_claim();
}

std::size_t group_commit::free_slots(const unit_of_work& unit) const {
  return may_claim() ? capacity_ - std::min(capacity_, leased_after(unit)) : 0;
}

// -- what follows from it ---------------------------------------------------------------------------------------------

effects group_commit::applied(const unit_of_work& unit, const work_done& done) {
  if (recovery_ == recovery::restore)
    return restored(unit, done);
  failures_ = 0;
  const bool is_repeated = std::exchange(recovery_, recovery::none) == recovery::reconcile;
  fingerprint_.reset();
  health_.reset();
  extends_ = false;
  settlements_.clear();
  effects e;
  const bool took_all = note_enqueues(unit, done, e);
  note_burials(unit, done, e);
  note_own_burials(done, e);
  e.resumed = pause_->note_resume(unit, done);
  e.erased = std::exchange(erased_events_, done.erased_events) != done.erased_events;
  if ((e.pause = pause_->applied(unit, done))) {
    e.log.emplace_back(e.pause->empty() ? log_level::info : log_level::error,
                       e.pause->empty() ? "the queue is not paused any more" : *e.pause);
    e.again = milliseconds{0};
  }
  auto ended = leases_.settle(unit, done, is_repeated);
  note_unstored(unit, ended.news);
  std::move(ended.news.begin(), ended.news.end(), std::back_inserter(e.news));
  e.over = std::move(ended.over);
  e.stale = ended.stale;
  if (!ended.forgotten.empty()) {
    forgotten_ = std::move(ended.forgotten);
    recovery_ = recovery::restore;
    e.again = milliseconds{0};
    e.log.emplace_back(log_level::warning, "the store has forgotten " + std::to_string(forgotten_.size()) +
                                               " batches that were in flight; they are restored");
  }
  if (look_for_ && unit.wants_ended) {
    e.found = {.number = look_for_->number, .found = done.found, .ended = {done.ended}};
    look_for_.reset();
  }
  e.granted = done.granted;
  lend_refused(unit, done, e);
  leases_.add(e.granted);
  const bool more = std::any_of(enqueues_.begin(), enqueues_.end(),
                                [this](const batch_ptr& b) { return !leases_.is_from_memory(b->id); });
  if (!e.again && (more || !took_all))
    e.again = took_all ? milliseconds{0} : last_pause;
  if (std::exchange(next_due_, done.next_due) != done.next_due)
    e.next_due = next_due_;
  return e;
}

// A batch that the store has no room for now is restored later: nothing else may be applied before, or its settlement
// would not find it.
effects group_commit::restored(const unit_of_work& unit, const work_done& done) {
  const bool all_stored = std::all_of(done.enqueued.begin(), done.enqueued.end(),
                                      [](enqueue_outcome o) { return o == enqueue_outcome::stored; });
  if (all_stored) {
    failures_ = 0;
    forgotten_.clear();
    recovery_ = recovery::reconcile;
    return {.again = milliseconds{0}};
  }
  effects e{.again = last_pause};
  if (std::exchange(failures_, 1) == 0)
    e.log.emplace_back(log_level::warning, "the store has no room for " + std::to_string(unit.enqueues.size()) +
                                               " batches that it forgot and that must be restored; trying again");
  return e;
}

// What became of batches that were delivered from memory: the store knows nothing of them. Those that cannot be
// delivered wait for the store, which must keep their dead letter or their halves.
void group_commit::note_unstored(const unit_of_work& unit, const std::vector<batch_news>& news) {
  for (const auto& s : unit.settlements) {
    const auto* about = lease_of(s);
    if (!about || about->fence != from_memory || std::holds_alternative<ack>(s))
      continue;
    if (const auto* failed = std::get_if<nack>(&s)) {
      auto& u = unstored_[about->id];
      u = {.attempts = u.attempts + 1, .until = unit.now + failed->delay};
    } else if (const auto* later = std::get_if<defer>(&s)) {
      unstored_[about->id].until = unit.now + later->delay;
    } else if (!std::holds_alternative<release>(s)) {
      unstored_[about->id].until = store_time::max();
    }
  }
  for (const auto& n : news)
    if (n.step == batch_step::delivered &&
        std::erase_if(enqueues_, [&](const batch_ptr& b) { return b->id == n.content->id; }) > 0)
      unstored_.erase(n.content->id);
}

// As many as may be posted at a time, whatever is leased ahead of them: what only waits to be posted is safe as soon as
// the store has room again.
std::size_t group_commit::may_lend() const {
  const auto posted = std::min(capacity_, max_in_flight_);
  return posted - std::min(posted, leases_.from_memory_now());
}

// While the store takes nothing new and has nothing that could go, the endpoint need not wait: what was refused is
// delivered from memory.
void group_commit::lend_refused(const unit_of_work& unit, const work_done& done, effects& e) {
  if (in_order_ || done.paused)
    return;
  const auto most = std::min(unit.slots, e.granted.size() + may_lend());
  for (std::size_t i = 0; i < unit.enqueues.size() && e.granted.size() < most; ++i) {
    const auto& b = unit.enqueues[i];
    const bool waits = std::find(enqueues_.begin(), enqueues_.end(), b) != enqueues_.end();
    const auto u = unstored_.find(b->id);
    if (waits && (u == unstored_.end() || u->second.until <= unit.now))
      e.granted.push_back(
          {.content = b, .fence = from_memory, .attempts = u == unstored_.end() ? 0 : u->second.attempts});
  }
}

// Returns whether the store took everything that it was given.
bool group_commit::note_enqueues(const unit_of_work& unit, const work_done& done, effects& e) {
  const std::set<batch_ptr> tried{unit.enqueues.begin(), unit.enqueues.end()};
  std::erase_if(enqueues_, [&](const batch_ptr& b) { return tried.contains(b); });
  const auto is_granted = [&](const std::string& id) {
    return std::any_of(done.granted.begin(), done.granted.end(),
                       [&](const leased_batch& b) { return b.content->id == id; });
  };
  std::vector<batch_ptr> refused;
  for (std::size_t i = 0; i < unit.enqueues.size(); ++i) {
    const auto& b = unit.enqueues[i];
    const bool granted = is_granted(b->id);
    if (done.enqueued[i] != enqueue_outcome::stored && !granted) // else an earlier unit stored it, unheard
      refused.push_back(b);
    else if (unstored_.erase(b->id);
             !leases_.contains(b->id)) // else an earlier unit stored it, and its answer got lost
      e.news.push_back({.step = batch_step::stored, .content = b, .leased = granted, .why = {}});
  }
  // A batch that is granted while it waits to be stored was stored by a unit of work whose answer got lost.
  for (const auto& g : done.granted)
    if (std::erase_if(enqueues_, [&](const batch_ptr& b) { return b->id == g.content->id; }) > 0)
      e.news.push_back({.step = batch_step::stored, .content = g.content, .leased = true, .why = {}});
  enqueues_.insert(enqueues_.begin(), refused.begin(), refused.end());
  return refused.empty();
}

void group_commit::note_burials(const unit_of_work& unit, const work_done& done, effects& e) const {
  for (std::size_t i = 0; i < unit.settlements.size(); ++i) {
    const auto* b = std::get_if<bury>(&unit.settlements[i]);
    if (!b)
      continue;
    if (done.settled[i] == settle_outcome::no_room)
      e.log.emplace_back(log_level::error,
                         "the dead letters are full; batch " + b->lease.id + " waits: " + b->why.reason);
    else if (done.settled[i] == settle_outcome::applied)
      e.log.emplace_back(log_level::error, "batch " + b->lease.id + " is a dead letter: " + b->why.reason);
  }
}

// What the store has done to dead letters by itself. The bytes of a batch that it buried are not at hand.
void group_commit::note_own_burials(const work_done& done, effects& e) {
  for (const auto& b : done.buried) {
    e.news.push_back({.step = batch_step::dead,
                      .content = std::make_shared<const batch>(batch{.id = b.id, .events = b.events}),
                      .why = b.why});
    e.log.emplace_back(log_level::error, "batch " + b.id + " is a dead letter: " + b.why.reason);
  }
  if (done.purged_events > 0)
    e.log.emplace_back(log_level::warning, "the dead letters are full: the oldest " +
                                               std::to_string(done.purged_events) +
                                               " events of them were purged to make room");
}

effects group_commit::failed(const store_error& why, double unit_random) {
  if (why.code == errc::queue_taken || why.code == errc::not_a_queue || why.code == errc::other_destination)
    return {.lost = why};
  effects e;
  e.went_back = why.signal == store_signal::went_back;
  if (e.went_back)
    recovery_ = recovery::restore;
  else if (recovery_ == recovery::none)
    recovery_ = recovery::reconcile;
  if (failures_++ == 0)
    e.log.emplace_back(log_level::warning, "store: " + to_string(why) + "; trying again");
  const auto pause = std::min(first_pause * (1 << std::min(failures_, 5)), last_pause);
  e.again = pause - std::chrono::duration_cast<milliseconds>(pause * unit_random / 2);
  return e;
}

} // namespace sluice
