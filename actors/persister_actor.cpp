#include "actors/persister_actor.hpp"

#include <algorithm>
#include <exception>
#include <set>

#include "actors/supervised.hpp"
#include "core/payload.hpp"

namespace sluice {

namespace {

// How long to wait before a unit of work that failed, or a batch that the store has no room for, is tried again.
constexpr milliseconds first_pause{50}, last_pause{1'000};
// What one unit of work may store.
constexpr std::size_t max_enqueues = 64, max_enqueued_bytes = std::size_t{8} << 20;
// A page of dead letters, whatever the request says.
constexpr std::size_t max_page = 500;

dead_entry entry_of(const dead_letter& d) {
  return {.id = d.id,
          .events = d.events,
          .attempts = d.attempts,
          .status = d.why.status,
          .reason = d.why.reason,
          .died = d.died.time_since_epoch().count(),
          .message_ids = {}};
}

const retain* last_retain(const unit_of_work& unit) {
  for (auto i = unit.settlements.rbegin(); i != unit.settlements.rend(); ++i)
    if (const auto* r = std::get_if<retain>(&*i))
      return r;
  return nullptr;
}

// A store must not throw; one from outside that does is taken as failing.
template <class F>
auto guarded(F call) -> decltype(call()) {
  try {
    return call();
  } catch (const std::exception& e) {
    return error{errc::store_failed, "", e.what()};
  }
}

template <class T, class F>
caf::result<T> answer_of(F call) {
  auto r = guarded(call);
  if (!r)
    return to_caf_error(r.error());
  return std::move(*r);
}

} // namespace

void persister_state::start(self_pointer self, context_ptr context) {
  self_ = self;
  context_ = std::move(context);
  random_.seed(static_cast<std::minstd_rand::result_type>(context_->seed));
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
  gathered_.enqueues.insert(gathered_.enqueues.end(), m.batches.begin(), m.batches.end());
  commit_soon();
}

void persister_state::on_settle(const settle& m) {
  // Before the dispatcher has said what it holds, nobody could be told what comes of it. It is sent again.
  if (!attached_)
    return;
  gathered_.settlements.insert(gathered_.settlements.end(), m.settlements.begin(), m.settlements.end());
  commit_soon();
}

void persister_state::on_pull(const pull& m) {
  attached_ = true;
  capacity_ = m.capacity;
  retain held;
  for (const auto& b : m.holding) {
    held.held.push_back({b.content->id, b.fence});
    pulled_.insert_or_assign(b.content->id, b);
  }
  gathered_.settlements.emplace_back(std::move(held));
  commit_soon();
}

void persister_state::on_capacity(const set_capacity& m) {
  capacity_ = m.capacity;
  commit_soon();
}

void persister_state::on_promote() {
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
  if (retry_.rings(t) || (poll_.rings(t) && failures_ == 0))
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
  report(unit, *done);
  pulled_.clear();
  if (more)
    commit_soon();
  if (const auto again = context_->queue->poll_interval(); again > milliseconds{0})
    poll_.set(self_, self_->clock().now() + again);
}

unit_of_work persister_state::next_unit() {
  unit_of_work unit;
  unit.settlements = gathered_.settlements;
  std::size_t bytes = 0;
  for (const auto& b : gathered_.enqueues) {
    bytes += b->payload->size();
    if (!unit.enqueues.empty() && (unit.enqueues.size() == max_enqueues || bytes > max_enqueued_bytes))
      break;
    unit.enqueues.push_back(b);
  }
  if (heartbeat_due_)
    unit.settlements.emplace_back(extend{leases_held()});
  // The unit before may have happened, and given leases that nobody heard of: they come back.
  if (outcome_unknown_ && !last_retain(unit))
    unit.settlements.insert(unit.settlements.begin(), retain{leases_held()});
  unit.now = context_->now();
  const auto leases = leases_after(unit);
  unit.slots = capacity_ > leases ? capacity_ - leases : 0;
  return unit;
}

std::vector<lease> persister_state::leases_held() const {
  std::vector<lease> all;
  for (const auto& [id, b] : leases_)
    all.push_back({id, b.fence});
  return all;
}

std::size_t persister_state::leases_after(const unit_of_work& unit) const {
  std::set<std::string_view> held;
  if (const auto* r = last_retain(unit))
    for (const auto& l : r->held)
      held.insert(l.id);
  else
    for (const auto& [id, b] : leases_)
      held.insert(id);
  for (const auto& s : unit.settlements)
    if (const auto* l = lease_of(s))
      held.erase(l->id);
  return held.size();
}

void persister_state::report(const unit_of_work& unit, const work_done& done) {
  const auto& who = *peers_.table;
  committed news;
  settled over;
  std::vector<batch_ptr> refused;
  for (std::size_t i = 0; i < unit.enqueues.size(); ++i) {
    const auto& b = unit.enqueues[i];
    if (done.enqueued[i] != enqueue_outcome::stored) {
      refused.push_back(b);
    } else if (!leases_.contains(b->id)) { // else it was stored again
      const bool leased = std::any_of(done.claimed.begin(), done.claimed.end(),
                                      [&](const leased_batch& c) { return c.content->id == b->id; });
      news.news.push_back({.step = batch_step::stored, .content = b, .leased = leased, .why = {}});
    }
  }
  gathered_.enqueues.insert(gathered_.enqueues.begin(), refused.begin(), refused.end());
  for (std::size_t i = 0; i < unit.settlements.size(); ++i)
    note_settled(unit.settlements[i], done.settled[i], news.news, over.leases);
  for (const auto& b : done.claimed)
    leases_.insert_or_assign(b.content->id, b);
  if (!refused.empty())
    retry_.set(self_, self_->clock().now() + last_pause);
  if (std::exchange(next_due_, done.next_due) != done.next_due)
    compat::send(self_, who.retry, next_due{next_due_});
  if (!over.leases.empty())
    compat::send(self_, who.dispatcher, std::move(over));
  if (!done.claimed.empty())
    compat::send(self_, who.dispatcher, deliver{done.claimed});
  if (!news.news.empty()) {
    compat::send(self_, who.buffer, news);
    compat::send(self_, who.supervisor, std::move(news));
  }
}

void persister_state::note_settled(const settlement& s, settle_outcome outcome, std::vector<batch_news>& news,
                                   std::vector<lease>& over) {
  const auto* held = lease_of(s);
  if (!held) {
    if (const auto* r = std::get_if<retain>(&s))
      note_retained(*r, over);
    return;
  }
  over.push_back(*held);
  auto i = leases_.find(held->id);
  if (i == leases_.end() || i->second.fence != held->fence)
    return;
  const auto before = news.size();
  const leased_batch was = std::move(i->second);
  leases_.erase(i);
  const bool done = outcome == settle_outcome::applied || outcome == settle_outcome::held;
  // An acknowledged batch that is gone was acknowledged before, and the answer got lost.
  if (std::holds_alternative<ack>(s) && (done || outcome == settle_outcome::gone))
    news.push_back({.step = batch_step::delivered, .content = was.content, .attempts = was.attempts, .why = {}});
  else if (const auto* n = std::get_if<nack>(&s); n && done)
    news.push_back({.step = batch_step::retried,
                    .content = was.content,
                    .attempts = was.attempts + 1,
                    .why = n->why,
                    .delay = n->delay});
  else if (const auto* b = std::get_if<bury>(&s); b && done)
    news.push_back({.step = outcome == settle_outcome::held ? batch_step::retried : batch_step::dead,
                    .content = was.content,
                    .attempts = was.attempts + 1,
                    .why = b->why});
  else if (outcome == settle_outcome::stale)
    context_->door->count_stale();
  if (news.size() == before)
    news.push_back({.step = batch_step::returned, .content = was.content, .attempts = was.attempts, .why = {}});
}

// What is held now is what the dispatcher has said, less what this unit has settled before.
void persister_state::note_retained(const retain& r, const std::vector<lease>& over) {
  std::map<std::string, leased_batch> held;
  for (const auto& l : r.held) {
    if (std::find(over.begin(), over.end(), l) != over.end())
      continue;
    for (const auto* known : {&leases_, &pulled_})
      if (auto i = known->find(l.id); i != known->end() && i->second.fence == l.fence)
        held.emplace(l.id, i->second);
  }
  leases_ = std::move(held);
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
    for (const auto& [id, b] : leases_)
      all.kept.push_back(id);
    compat::send(self_, peers_.table->buffer, std::move(all));
  }
  const auto pause = std::min(first_pause * (1 << std::min(failures_, 5)), last_pause);
  // Processes that lost the same store do not come back all at once.
  const auto jitter = std::uniform_int_distribution<milliseconds::rep>{0, pause.count() / 2}(random_);
  retry_.set(self_, self_->clock().now() + pause - milliseconds{jitter});
}

// By themselves: what settles them must find them there. Not those that are known to be delivered.
unit_of_work persister_state::unit_of_leased() const {
  std::set<std::string_view> delivered;
  for (const auto& s : gathered_.settlements)
    if (const auto* a = std::get_if<ack>(&s))
      delivered.insert(a->held.id);
  unit_of_work unit;
  unit.now = context_->now();
  for (const auto& [id, b] : leases_)
    if (!delivered.contains(id))
      unit.enqueues.push_back(b.content);
  return unit;
}

caf::result<dead_page> persister_state::list(const list_dead& m) {
  return answer_of<dead_page>([&]() -> result<dead_page> {
    auto found = context_->queue->list_dead(m.after, std::min<std::size_t>(m.limit, max_page));
    if (!found)
      return found.error();
    dead_page page;
    for (const auto& d : *found)
      page.entries.push_back(entry_of(d));
    return page;
  });
}

caf::result<dead_entry> persister_state::show(const show_dead& m) {
  return answer_of<dead_entry>([&]() -> result<dead_entry> {
    auto found = context_->queue->show_dead(m.id);
    if (!found)
      return found.error();
    auto entry = entry_of(*found);
    auto ids = message_ids_of(*found->payload, context_->settings.max_batch_bytes);
    if (!ids)
      return ids.error();
    entry.message_ids = std::move(*ids);
    return entry;
  });
}

caf::result<dead_count> persister_state::replay(const replay_dead& m) {
  commit_soon();
  return answer_of<dead_count>([&]() -> result<dead_count> {
    auto n = context_->queue->replay_dead(m.ids);
    if (!n)
      return n.error();
    return dead_count{*n};
  });
}

caf::result<dead_count> persister_state::purge(const purge_dead& m) {
  return answer_of<dead_count>([&]() -> result<dead_count> {
    auto n = context_->queue->purge_dead(m.ids);
    if (!n)
      return n.error();
    return dead_count{*n};
  });
}

namespace {

persister_state::handle::behavior_type persister(persister_state::self_pointer self, context_ptr context,
                                                 const supervisor_actor& parent) {
  auto* state = &compat::state_of(self);
  state->start(self, std::move(context));
  supervise(self, parent);
  return {[state](const peers& m) { state->meet(m); },
          [state](const store_batches& m) { state->on_store(m); },
          [state](const settle& m) { state->on_settle(m); },
          [state](const pull& m) { state->on_pull(m); },
          [state](const set_capacity& m) { state->on_capacity(m); },
          [state](const promote_due&) { state->on_promote(); },
          [state](const finish&) { state->on_finish(); },
          [self, state](const list_dead& m) { return compat::to_requester(self, state->list(m)); },
          [self, state](const show_dead& m) { return compat::to_requester(self, state->show(m)); },
          [self, state](const replay_dead& m) { return compat::to_requester(self, state->replay(m)); },
          [self, state](const purge_dead& m) { return compat::to_requester(self, state->purge(m)); },
          [state](const tick& m) { state->on_tick(m); },
          [state](const commit_gathered&) { state->commit(); }};
}

} // namespace

persister_actor spawn_persister(caf::actor_system& system, context_ptr context, const supervisor_actor& parent) {
  if (context->detach_persister)
    return system.spawn<caf::detached>(persister, std::move(context), parent);
  return system.spawn(persister, std::move(context), parent);
}

} // namespace sluice
