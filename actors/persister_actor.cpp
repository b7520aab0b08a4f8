#include "actors/persister_actor.hpp"

#include <algorithm>
#include <utility>

#include "actors/dead_letter_answers.hpp"
#include "actors/guarded.hpp"
#include "core/persistence/block_list.hpp"
#include "store/fingerprint.hpp"

namespace sluice {

namespace {

// A user whom another process has blocked is kept out so much later.
constexpr std::chrono::seconds block_list_pause{5};

} // namespace

void persister_state::start(self_pointer self, context_ptr context) {
  self_ = self;
  context_ = std::move(context);
  random_.seed(static_cast<std::minstd_rand::result_type>(context_->seed));
  commit_.emplace(context_->settings, context_->queue->shared(), context_->incarnation);
  if (context_->redirected) // an earlier persister may have failed before the store knew
    commit_->redirect(fingerprint_of(context_->settings));
  if (queue().poll_interval() > milliseconds{0})
    set_heartbeat();
}

void persister_state::meet(const peers& who) {
  const bool new_scheduler = !peers_.table || peers_.table->retry != who.table->retry;
  peers_ = who;
  note_attachment();
  if (new_scheduler)
    compat::send(self_, peers_.table->retry, next_due{commit_->next_due()});
  commit_soon(); // messages may have arrived before
}

void persister_state::on_store(const store_batches& m) {
  commit_->store(m.batches);
  commit_soon();
}

void persister_state::on_settle(const settle& m) {
  if (!commit_->is_attached()) // it is sent again, or its leases go back
    return;
  commit_->settle(m.settlements, self_->clock().now());
  commit_soon();
}

void persister_state::on_look_for(const look_for& m) {
  commit_->look(m);
  commit_soon();
}

void persister_state::on_pull(const pull& m) {
  puller_ = caf::actor_cast<caf::actor_addr>(self_->current_sender());
  note_attachment();
  commit_->pull(m.capacity, m.leased);
  commit_soon();
}

// A dispatcher that has not said yet which leases it has is told nothing and given nothing, because what it says before
// it has heard of that would take it back.
void persister_state::note_attachment() {
  commit_->set_attached(puller_ && (!peers_.table || puller_ == peers_.table->dispatcher.address()));
}

void persister_state::on_capacity(const set_capacity& m) {
  commit_->set_capacity(m.capacity);
  commit_soon();
}

void persister_state::on_health(const health_changed& m) {
  commit_->note_health(m.now);
  commit_soon();
}

void persister_state::on_paused(const set_paused& m) {
  if (!m.resume)
    return;
  commit_->resume();
  commit_soon();
}

void persister_state::on_redirected(const redirected& m) {
  context_ = m.context;
  commit_->redirect(fingerprint_of(context_->settings));
  commit_soon();
}

// Between two pages everything has its turn that has arrived meanwhile.
persister_state::change_promise persister_state::on_change(dead_change change) {
  changes_.emplace_back(std::move(change), compat::promise_to_requester<dead_count>(self_));
  auto promise = changes_.back().second;
  if (changes_.size() == 1)
    compat::send_self(self_, change_some{});
  return promise;
}

void persister_state::on_change_some() {
  auto& oldest = changes_.front();
  const auto changed = guarded([&] { return oldest.first.next(queue()); });
  if (!changed)
    oldest.second.deliver(to_caf_error(changed.error()));
  else if (*changed)
    oldest.second.deliver(dead_count{**changed});
  if (!changed || *changed)
    changes_.pop_front();
  if (!changes_.empty())
    compat::send_self(self_, change_some{});
  look_at_all();
}

// It may have replayed dead letters, or paused the queue.
void persister_state::on_use_queue(const use_queue& m) {
  m.what(queue());
  block_list_due_ = {};
  look_at_all();
}

void persister_state::on_finish() {
  commit_->set_capacity(0);
  std::size_t waited = 0;
  do {
    waited = commit_->waiting();
    if (!commit_->is_failing())
      commit();
  } while (commit_->waiting() < waited);
  for (auto& [change, promise] : changes_)
    promise.deliver(to_caf_error({errc::closed, "", "the system stopped before everything was changed"}));
  changes_.clear();
  context_->queue->leave();
  self_->quit();
}

void persister_state::on_news_handled(const news_handled& m) {
  news_under_way_ -= std::min(news_under_way_, m.messages);
  commit_soon();
}

void persister_state::on_tick(const tick& t) {
  if (heartbeat_.rings(t)) {
    set_heartbeat();
    commit_->extend_leases();
    commit_soon();
  }
  if (poll_.rings(t))
    look_at_all();
  if (retry_.rings(t) && (commit_->is_failing() || news_under_way_ < news_window))
    commit();
}

void persister_state::look_at_all() {
  commit_->look_at_all();
  commit_soon();
}

// The message to itself stands behind everything that is in the mailbox now. While units of work fail, only the alarm
// starts another; while the supervisor has too many news to handle, its word does.
void persister_state::commit_soon() {
  if (!commit_->is_failing() && news_under_way_ < news_window && !std::exchange(commit_under_way_, true))
    compat::send_self(self_, commit_gathered{});
}

// Others may have blocked a user. It costs a call, which is why not every unit of work brings it.
void persister_state::look_at_block_list() {
  const auto at = self_->clock().now();
  if (at < block_list_due_)
    return;
  auto list = guarded([&] { return block_list::read(queue()); });
  if (!list)
    return;
  block_list_due_ = at + block_list_pause;
  context_->intake->block(std::move(*list));
}

void persister_state::commit() {
  commit_under_way_ = false;
  if (!peers_.table)
    return;
  const auto units = commit_->next(context_->now(), self_->clock().now());
  const auto results = apply(units);
  for (const auto& r : results)
    if (!r)
      context_->meters->store_errors.count(r.error().code);
  perform(commit_->came_of(units, results, self_->clock().now(), [this] { return unit_random(); }));
  if (!units.empty() && !commit_->is_failing())
    look_at_block_list();
}

std::vector<work_result> persister_state::apply(const std::vector<unit_of_work>& units) const {
  auto results = guarded([&]() -> result<std::vector<work_result>> { return queue().apply_all(units); });
  return results ? std::move(*results) : std::vector<work_result>(units.size(), store_error{results.error()});
}

void persister_state::perform(effects e) {
  const auto& who = *peers_.table;
  for (const auto& [level, line] : e.log)
    context_->log(level, line);
  context_->intake->totals().count_stale(e.stale);
  if (e.lost)
    compat::send(self_, who.supervisor, store_lost{*e.lost});
  if (e.went_back)
    compat::send(self_, who.buffer, store_went_back{});
  const bool paused = e.pause && !e.pause->empty();
  if (e.pause)
    compat::send(self_, who.supervisor, suspension_changed{suspension_source::queue, *std::move(e.pause)});
  if (e.resumed)
    compat::send(self_, who.dispatcher, queue_resumed{});
  if (e.next_due)
    compat::send(self_, who.retry, next_due{*e.next_due});
  if (!e.over.empty() || !e.granted.empty() || paused)
    compat::send(self_, who.dispatcher, deliver{std::move(e.over), std::move(e.granted), paused});
  if (!e.news.empty()) {
    committed news{std::make_shared<const std::vector<batch_news>>(std::move(e.news))};
    compat::send(self_, who.buffer, news);
    compat::send(self_, who.supervisor, std::move(news));
    ++news_under_way_;
  }
  if (e.erased)
    compat::send(self_, who.buffer, events_erased{});
  if (e.found) // The news of the same unit come first.
    compat::send(self_, who.buffer, *std::move(e.found));
  if (e.again && (*e.again > milliseconds{0} || commit_->is_failing()))
    retry_.set(self_, self_->clock().now() + *e.again);
  else if (e.again)
    commit_soon();
  if (const auto look = queue().poll_interval(); look > milliseconds{0})
    poll_.set(self_, self_->clock().now() + look);
}

void persister_state::set_heartbeat() {
  heartbeat_.set(self_, self_->clock().now() + context_->settings.queue.heartbeat);
}

double persister_state::unit_random() {
  return std::uniform_real_distribution<double>{0.0, 1.0}(random_);
}

persister_state::handle::behavior_type persister_state::behavior() {
  return {[this](const peers& m) { meet(m); },
          [this](const store_batches& m) { on_store(m); },
          [this](const settle& m) { on_settle(m); },
          [this](const look_for& m) { on_look_for(m); },
          [this](const pull& m) { on_pull(m); },
          [this](const set_capacity& m) { on_capacity(m); },
          [this](const health_changed& m) { on_health(m); },
          [this](const promote_due&) { look_at_all(); },
          [this](const set_paused& m) { on_paused(m); },
          [this](const redirected& m) { on_redirected(m); },
          [this](const finish&) { on_finish(); },
          [this](const news_handled& m) { on_news_handled(m); },
          [this](const list_dead& m) { return compat::to_requester(self_, answer(queue(), m)); },
          [this](const show_dead& m) { return compat::to_requester(self_, answer(queue(), m)); },
          [this](const replay_dead& m) {
            return on_change({&queue_admin::replay_dead, m.ids});
          },
          [this](const purge_dead& m) {
            return on_change({&queue_admin::purge_dead, m.ids});
          },
          [this](const use_queue& m) { on_use_queue(m); },
          [this](const tick& m) { on_tick(m); },
          [this](const commit_gathered&) { commit(); },
          [this](const change_some&) { on_change_some(); }};
}

} // namespace sluice
