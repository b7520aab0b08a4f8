#include "actors/persister_actor.hpp"

#include <algorithm>

#include "actors/dead_letter_answers.hpp"
#include "actors/guarded.hpp"
#include "store/fingerprint.hpp"

namespace sluice {

namespace {

// How long to wait before a unit of work that failed, or a batch that the store has no room for, is tried again.
constexpr milliseconds first_pause{50}, last_pause{1'000};
// What one unit of work may store.
constexpr std::size_t max_enqueues = 64, max_enqueued_bytes = std::size_t{8} << 20;

} // namespace

void persister_state::start(self_pointer self, context_ptr context) {
  self_ = self;
  context_ = std::move(context);
  random_.seed(static_cast<std::minstd_rand::result_type>(context_->seed));
  guard_.emplace(context_->settings.dead_letters.pause_after);
  if (context_->redirected) // the one before may not have come to it
    redirect_due_ = fingerprint_of(context_->settings);
  if (context_->queue->shared())
    heartbeat_.set(self_, self_->clock().now() + context_->settings.queue.heartbeat);
}

void persister_state::meet(const peers& who) {
  const bool new_scheduler = !peers_.table || peers_.table->retry != who.table->retry;
  peers_ = who;
  if (new_scheduler)
    compat::send(self_, peers_.table->retry, next_due{next_due_});
  commit_soon(); // some may have spoken before
}

void persister_state::on_store(const store_batches& m) {
  buffer_has_spoken_ = true;
  gathered_.enqueues.insert(gathered_.enqueues.end(), m.batches.begin(), m.batches.end());
  commit_soon();
}

void persister_state::on_settle(const settle& m) {
  if (!is_attached()) // it is sent again, or what it is about goes back
    return;
  gathered_.settlements.insert(gathered_.settlements.end(), m.settlements.begin(), m.settlements.end());
  commit_soon();
}

void persister_state::on_pull(const pull& m) {
  puller_ = caf::actor_cast<caf::actor_addr>(self_->current_sender());
  capacity_ = m.capacity;
  retain keep;
  for (const auto& b : m.leased)
    keep.leases.push_back({b.content->id, b.fence});
  leases_.reported_by_dispatcher(m.leased);
  gathered_.settlements.emplace_back(std::move(keep));
  commit_soon();
}

// A dispatcher that has not said yet what it holds is told nothing and given nothing: what it says when it has not
// heard of that would take it back.
bool persister_state::is_attached() const {
  return puller_ && (!peers_.table || puller_ == peers_.table->dispatcher.address());
}

void persister_state::on_capacity(const set_capacity& m) {
  capacity_ = m.capacity;
  commit_soon();
}

void persister_state::on_promote() {
  commit_soon();
}

void persister_state::on_paused(const set_paused& m) {
  if (!m.resume)
    return;
  pause_due_ = false;
  commit_soon();
}

void persister_state::on_redirected(const redirected& m) {
  context_ = m.context;
  redirect_due_ = fingerprint_of(context_->settings);
  commit_soon();
}

void persister_state::on_finish() {
  capacity_ = 0; // nobody will deliver any more
  std::size_t left = 0;
  do {
    left = gathered_.enqueues.size();
    if (failures_ == 0)
      commit();
  } while (gathered_.enqueues.size() < left);
  context_->queue->leave();
  self_->quit();
}

void persister_state::on_tick(const tick& t) {
  if (heartbeat_.rings(t)) {
    heartbeat_.set(self_, self_->clock().now() + context_->settings.queue.heartbeat);
    heartbeat_due_ = true;
    commit_soon();
  }
  if (poll_.rings(t) && failures_ == 0) {
    look_for_pause();
    commit();
  }
  if (retry_.rings(t))
    commit();
}

// The message to itself stands behind everything that is in the mailbox now.
void persister_state::commit_soon() {
  if (failures_ == 0 && !std::exchange(commit_under_way_, true))
    compat::send_self(self_, commit_gathered{});
}

void persister_state::commit() {
  commit_under_way_ = false;
  if (!peers_.table)
    return;
  amend_queue();
  const unit_of_work unit = store_again_ ? unit_of_leased() : next_unit();
  auto done = guarded([&] { return context_->queue->apply(unit); });
  if (!done)
    return failed(done.error());
  failures_ = 0;
  if (std::exchange(store_again_, false)) // one that it refuses is in flight all the same
    return commit();
  outcome_unknown_ = false;
  heartbeat_due_ = false;
  gathered_.settlements.clear();
  gathered_.enqueues.erase(gathered_.enqueues.begin(),
                           gathered_.enqueues.begin() + static_cast<std::ptrdiff_t>(unit.enqueues.size()));
  const bool more = !gathered_.enqueues.empty();
  const bool refused = report(unit, *done);
  if (!std::exchange(looked_, true))
    look_for_pause();
  if (more && !refused) // what has no room is tried again later
    commit_soon();
  if (const auto again = context_->queue->poll_interval(); again > milliseconds{0})
    poll_.set(self_, self_->clock().now() + again);
}

// What was said of the queue as a whole, until it is done.
void persister_state::amend_queue() {
  if (redirect_due_ && !guarded([&] { return queue().redirect(*redirect_due_); }))
    return;
  redirect_due_.reset();
  if (!pause_due_ || !guarded([&] { return queue().set_paused(*pause_due_); }))
    return;
  if (!*std::exchange(pause_due_, std::nullopt))
    resumed();
}

// Somebody else may have paused the queue or let it go on; or this process had, before it was started again.
void persister_state::look_for_pause() {
  if (pause_due_)
    return;
  const auto found = guarded([&] { return context_->queue->stats(); });
  if (!found || found->paused == queue_paused_)
    return;
  if (!found->paused)
    return resumed();
  queue_paused_ = true;
  report_pause("the queue is paused; resume lets it go on");
}

void persister_state::resumed() {
  guard_->reset();
  if (std::exchange(queue_paused_, false))
    report_pause("");
}

void persister_state::report_pause(const std::string& reason) {
  context_->log(reason.empty() ? log_level::info : log_level::error,
                reason.empty() ? "the queue is not paused any more" : reason);
  if (peers_.table)
    compat::send(self_, peers_.table->supervisor, suspension_changed{suspension_source::queue, reason});
}

unit_of_work persister_state::next_unit() {
  unit_of_work unit;
  unit.settlements = gathered_.settlements;
  guard_->limit(unit.settlements);
  std::size_t bytes = 0;
  for (const auto& b : gathered_.enqueues) {
    bytes += b->payload->size();
    if (!unit.enqueues.empty() && (unit.enqueues.size() == max_enqueues || bytes > max_enqueued_bytes))
      break;
    unit.enqueues.push_back(b);
  }
  if (heartbeat_due_)
    unit.settlements.emplace_back(extend{leases_.all()});
  // The unit before may have happened, and given leases that nobody heard of: they come back.
  if (outcome_unknown_ && !last_retain(unit))
    unit.settlements.insert(unit.settlements.begin(), retain{leases_.all()});
  unit.now = context_->now();
  const auto leased = leases_.count_after(unit);
  unit.slots = buffer_has_spoken_ && is_attached() && capacity_ > leased && !guard_->tripped() ? capacity_ - leased : 0;
  unit.in_order = context_->settings.max_in_flight == 1 && !context_->queue->shared();
  return unit;
}

// By themselves: what settles them must find them there. Not those that are known to be delivered.
unit_of_work persister_state::unit_of_leased() const {
  unit_of_work unit;
  unit.now = context_->now();
  unit.enqueues = leases_.undelivered(gathered_.settlements);
  return unit;
}

// The dead are said, and too many of them in a row pause the queue.
void persister_state::note_burials(const unit_of_work& unit, const work_done& done) {
  const bool was_tripped = guard_->tripped();
  for (std::size_t i = 0; i < unit.settlements.size(); ++i) {
    guard_->note(unit.settlements[i], done.settled[i]);
    const auto* b = std::get_if<bury>(&unit.settlements[i]);
    if (!b)
      continue;
    if (done.settled[i] == settle_outcome::no_room)
      context_->log(log_level::error, "the dead letters are full; batch " + b->lease.id + " waits: " + b->why.reason);
    else if (done.settled[i] == settle_outcome::applied)
      context_->log(log_level::error, "batch " + b->lease.id + " is dead: " + b->why.reason);
    if (guard_->tripped() && !was_tripped && !queue_paused_) {
      pause_due_ = queue_paused_ = true;
      report_pause(std::to_string(context_->settings.dead_letters.pause_after) +
                   " batches in a row are dead, with no delivery in between, the last by: " + b->why.reason +
                   "; the queue is paused and nothing more is buried: look at the dead letters, then resume");
      commit_soon();
    }
  }
}

bool persister_state::report(const unit_of_work& unit, const work_done& done) {
  const auto& who = *peers_.table;
  committed news;
  std::vector<batch_ptr> refused;
  for (std::size_t i = 0; i < unit.enqueues.size(); ++i) {
    const auto& b = unit.enqueues[i];
    if (done.enqueued[i] != enqueue_outcome::stored) {
      refused.push_back(b);
    } else if (!leases_.contains(b->id)) { // else it was stored again
      const bool leased = std::any_of(done.granted.begin(), done.granted.end(),
                                      [&](const leased_batch& c) { return c.content->id == b->id; });
      news.news.push_back({.step = batch_step::stored, .content = b, .leased = leased, .why = {}});
    }
  }
  // One that comes back before it is stored again had been stored by a unit of work whose answer got lost.
  for (const auto& c : done.granted)
    if (std::erase_if(gathered_.enqueues, [&](const batch_ptr& b) { return b->id == c.content->id; }) > 0)
      news.news.push_back({.step = batch_step::stored, .content = c.content, .leased = true, .why = {}});
  gathered_.enqueues.insert(gathered_.enqueues.begin(), refused.begin(), refused.end());
  note_burials(unit, done);
  auto ended = leases_.settle(unit, done);
  std::move(ended.news.begin(), ended.news.end(), std::back_inserter(news.news));
  context_->intake->totals().count_stale(ended.stale);
  leases_.add(done.granted);
  if (!refused.empty())
    retry_.set(self_, self_->clock().now() + last_pause);
  if (std::exchange(next_due_, done.next_due) != done.next_due)
    compat::send(self_, who.retry, next_due{next_due_});
  if (!ended.over.empty())
    compat::send(self_, who.dispatcher, settled{std::move(ended.over)});
  if (!done.granted.empty())
    compat::send(self_, who.dispatcher, deliver{done.granted});
  if (!news.news.empty()) {
    compat::send(self_, who.buffer, news);
    compat::send(self_, who.supervisor, std::move(news));
  }
  return !refused.empty();
}

void persister_state::failed(const error& why) {
  if (why.code == errc::queue_taken || why.code == errc::not_a_queue || why.code == errc::other_destination)
    return compat::send(self_, peers_.table->supervisor, store_lost{why});
  outcome_unknown_ = true;
  if (failures_++ == 0)
    context_->log(log_level::warning, "store: " + to_string(why) + "; trying again");
  if (why.code == errc::queue_reset || why.code == errc::queue_emptied)
    store_again_ = true;
  if (why.code == errc::queue_emptied) {
    forgotten all;
    for (auto& l : leases_.all())
      all.kept.push_back(std::move(l.id));
    compat::send(self_, peers_.table->buffer, std::move(all));
  }
  const auto pause = std::min(first_pause * (1 << std::min(failures_, 5)), last_pause);
  // Processes that lost the same store do not come back all at once.
  const auto jitter = std::uniform_int_distribution<milliseconds::rep>{0, pause.count() / 2}(random_);
  retry_.set(self_, self_->clock().now() + pause - milliseconds{jitter});
}

persister_state::handle::behavior_type persister_state::behavior() {
  return {[this](const peers& m) { meet(m); },
          [this](const store_batches& m) { on_store(m); },
          [this](const settle& m) { on_settle(m); },
          [this](const pull& m) { on_pull(m); },
          [this](const set_capacity& m) { on_capacity(m); },
          [this](const promote_due&) { on_promote(); },
          [this](const set_paused& m) { on_paused(m); },
          [this](const redirected& m) { on_redirected(m); },
          [this](const finish&) { on_finish(); },
          [this](const list_dead& m) { return compat::to_requester(self_, answer(queue(), m)); },
          [this](const show_dead& m) { return compat::to_requester(self_, answer(queue(), m, max_batch_bytes())); },
          [this](const replay_dead& m) {
            commit_soon();
            return compat::to_requester(self_, answer(queue(), m));
          },
          [this](const purge_dead& m) { return compat::to_requester(self_, answer(queue(), m)); },
          [this](const tick& m) { on_tick(m); },
          [this](const commit_gathered&) { commit(); }};
}

} // namespace sluice
