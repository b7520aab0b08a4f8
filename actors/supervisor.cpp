#include "actors/supervisor.hpp"

#include <algorithm>

#include "actors/dead_letter_actor.hpp"
#include "actors/deadline.hpp"
#include "actors/dispatcher_actor.hpp"
#include "actors/persister_actor.hpp"
#include "actors/retry_scheduler.hpp"
#include "actors/server_actor.hpp"
#include "actors/supervised.hpp"

namespace sluice {

namespace {

// How long after the shutdown deadline the buffer may still report that it has passed, and the store be left in order.
constexpr std::chrono::seconds grace{1};

// How long what has changed waits to be published with what follows.
constexpr std::chrono::seconds publish_pause{1};

// Counts the attempts that the news are of.
void count_deliveries(kind_counts<answer_kinds>& counts, const std::vector<batch_news>& news) {
  constexpr int success = 200;
  for (const auto& n : news) {
    if (n.step == batch_step::delivered)
      counts.count(success);
    else if (n.step == batch_step::retried || n.step == batch_step::dead)
      counts.count(n.why.status);
  }
}

} // namespace

void supervisor_state::start(self_pointer self, context_ptr context) {
  self_ = self;
  context_ = std::move(context);
  budget_.emplace(context_->settings.restarts.max, context_->settings.restarts.within);
  if (compat::has_metrics)
    registry_.emplace(self->system());
  publish();
}

void supervisor_state::on_begin(const begin& m) {
  const supervisor_actor me{self_};
  auto& system = self_->system();
  table_ = std::make_shared<const peer_table>(
      peer_table{.supervisor = me,
                 .buffer = m.buffer,
                 .persister = spawn_supervised<persister_state>(system, context_, me),
                 .dispatcher = spawn_supervised<dispatcher_state>(system, context_, me),
                 .retry = spawn_supervised<retry_state>(system, context_, me),
                 .dead_letters = spawn_supervised<dead_letter_state>(system, context_, me)});
  adopt(table_->buffer);
  adopt(table_->persister);
  adopt(table_->dispatcher);
  adopt(table_->retry);
  adopt(table_->dead_letters);
  introduce();
}

caf::result<void> supervisor_state::on_begin_server(const begin_server& m) {
  if (phase_ != phase::running)
    return to_caf_error({errc::closed, "", "the system has stopped"});
  if (table_->server || !m.what)
    return to_caf_error({errc::unsupported, "server", "a system has one server"});
  auto with_server = std::make_shared<actor_context>(*context_);
  with_server->server = m.what;
  context_ = std::move(with_server);
  auto next = std::make_shared<peer_table>(*table_);
  next->server = spawn_supervised<server_state>(self_->system(), context_, table_->supervisor);
  table_ = std::move(next);
  adopt(table_->server);
  introduce();
  return {};
}

template <class Handle>
void supervisor_state::adopt(const Handle& child) {
  alive_.push_back(child.address());
  compat::watch(self_, child, [this](const caf::actor_addr& gone, const caf::error& why) { on_down(gone, why); });
}

// An actor hears of its peers before the actors that send to it do. The persister, to which all send, waits until it
// has heard.
void supervisor_state::introduce() {
  const peers all{table_};
  compat::send(self_, table_->dispatcher, set_paused{.paused = paused_}); // It must know before it pulls.
  compat::send(self_, table_->dead_letters, all);
  compat::send(self_, table_->retry, all);
  compat::send(self_, table_->dispatcher, all);
  compat::send(self_, table_->persister, all);
  compat::send(self_, table_->buffer, all);
  if (table_->server)
    compat::send(self_, table_->server, all);
}

template <class State, class Handle>
bool supervisor_state::restart_if(const caf::actor_addr& gone, Handle peer_table::*which, restarted_actor who,
                                  const char* what) {
  if (!((*table_).*which) || ((*table_).*which).address() != gone)
    return false;
  if (!budget_->spend(self_->clock().now())) {
    stop(error{errc::restarts_used_up, "restarts",
               std::string{what} + " failed more often than the option restarts allows"});
    return true;
  }
  ++restarts_;
  context_->meters->restarts.count(who);
  publish_soon();
  context_->log(log_level::warning, std::string{what} + " failed and is started again");
  auto next = std::make_shared<peer_table>(*table_);
  (*next).*which = spawn_supervised<State>(self_->system(), context_, table_->supervisor);
  table_ = std::move(next);
  adopt((*table_).*which);
  introduce();
  return true;
}

void supervisor_state::on_down(const caf::actor_addr& gone, const caf::error&) {
  if (std::erase(alive_, gone) == 0) {
    watched_.erase(gone);
    return remove_subscriber(gone);
  }
  if (phase_ == phase::stopping) {
    if (gone == table_->persister.address())
      end_the_others();
    if (alive_.empty())
      end();
    return;
  }
  if (gone == table_->buffer.address())
    return stop(error{errc::restarts_used_up, "restarts", "the buffer failed"});
  // A restarted actor finds out for itself why deliveries wait.
  if (gone == table_->dispatcher.address())
    on_suspension_changed({suspension_source::destination, ""});
  if (gone == table_->persister.address())
    on_suspension_changed({suspension_source::queue, ""});
  restart_if<persister_state>(gone, &peer_table::persister, restarted_actor::persister, "the persister") ||
      restart_if<dispatcher_state>(gone, &peer_table::dispatcher, restarted_actor::dispatcher, "the dispatcher") ||
      restart_if<retry_state>(gone, &peer_table::retry, restarted_actor::retry, "the retry scheduler") ||
      restart_if<dead_letter_state>(gone, &peer_table::dead_letters, restarted_actor::dead_letters,
                                    "the dead-letter actor") ||
      restart_if<server_state>(gone, &peer_table::server, restarted_actor::http, "the server");
}

supervisor_state::shutdown_promise supervisor_state::on_shutdown(const shutdown& m) {
  promises_.push_back(compat::promise_to_requester<shutdown_report>(self_));
  if (phase_ != phase::stopping) {
    phase_ = phase::draining;
    // The earliest of several deadlines holds.
    const auto deadline = within_reason(m.deadline, context_->settings.shutdown_deadline);
    compat::send(self_, table_->buffer, drain{deadline});
    const auto last_moment = self_->clock().now() + deadline + grace;
    overdue_.set(self_, last_moment);
    context_->queue->end_by(last_moment); // also if the persister hangs in it
  }
  return promises_.back();
}

void supervisor_state::on_drained() {
  stop(std::nullopt);
}

void supervisor_state::on_tick(const tick& t) {
  if (overdue_.rings(t))
    stop(std::nullopt);
  if (publish_.rings(t))
    publish();
}

void supervisor_state::stop(std::optional<error> why) {
  if (phase_ == phase::stopping)
    return;
  phase_ = phase::stopping;
  failure_ = std::move(why);
  context_->intake->close();
  if (alive_.empty())
    return end();
  if (is_alive(table_->dispatcher)) // else it would post what the persister does not acknowledge any more
    compat::send(self_, table_->dispatcher, set_paused{.paused = true});
  // The persister goes first, so that its last commit is counted; on_down ends the others.
  if (is_alive(table_->persister))
    compat::send(self_, table_->persister, finish{});
  else
    end_the_others();
}

template <class Handle>
bool supervisor_state::is_alive(const Handle& child) const {
  return std::find(alive_.begin(), alive_.end(), child.address()) != alive_.end();
}

void supervisor_state::end_the_others() {
  for (const auto& child : alive_)
    if (child != table_->buffer.address())
      caf::anon_send_exit(child, caf::exit_reason::user_shutdown);
  if (is_alive(table_->buffer)) // This arrives behind the persister's last news.
    compat::send(self_, table_->buffer, finish{});
}

void supervisor_state::end() {
  publish();
  const auto report = final_report();
  if (failure_) {
    context_->log(log_level::error, "stopped: " + failure_->message + "; delivered " +
                                        std::to_string(report.delivered) + ", dead " + std::to_string(report.dead) +
                                        ", stored " + std::to_string(report.stored) + ", lost " +
                                        std::to_string(report.lost));
    notify(subscribers_.tell(stopped{failure_->message, report}));
  }
  for (auto& p : promises_)
    p.deliver(report);
  if (failure_)
    self_->quit(to_caf_error(*failure_));
  else
    self_->quit();
}

shutdown_report supervisor_state::final_report() const {
  const auto totals = context_->intake->totals().snapshot();
  const auto kept = context_->queue->durable() ? totals.in_store : 0;
  return {.accepted = totals.accepted,
          .rejected = totals.rejected,
          .delivered = totals.delivered,
          .dead = totals.dead,
          .recovered = totals.recovered,
          .stored = kept,
          .lost = totals.lost + (totals.waiting - kept),
          .ended_elsewhere = totals.ended_elsewhere,
          .last_failure = context_->intake->totals().last_failure()};
}

caf::result<void> supervisor_state::on_subscribe(const subscribe& m) {
  if (!m.who || !subscribers_.add(m.who, m.message_ids))
    return to_caf_error({errc::unsupported, "subscribe", "an actor was expected, and at most 64 may subscribe"});
  context_->intake->note_rejected_ids(subscribers_.want_ids());
  if (watched_.insert(m.who.address()).second)
    compat::watch(self_, m.who, [this](const caf::actor_addr& gone, const caf::error& why) { on_down(gone, why); });
  return {};
}

void supervisor_state::on_unsubscribe(const unsubscribe& m) {
  remove_subscriber(m.who.address());
}

void supervisor_state::remove_subscriber(const caf::actor_addr& who) {
  subscribers_.remove(who);
  context_->intake->note_rejected_ids(subscribers_.want_ids());
}

system_stats supervisor_state::stats() const {
  return {.totals = context_->intake->totals().snapshot(),
          .depth = context_->intake->depth(),
          .depth_bytes = context_->intake->depth_bytes(),
          .restarts = restarts_,
          .paused = paused_,
          .suspended = suspended_by_destination_.empty() ? suspended_by_queue_ : suspended_by_destination_,
          .last_failure = context_->intake->totals().last_failure()};
}

void supervisor_state::set_paused_to(bool paused) {
  paused_ = paused;
  const set_paused word{.paused = paused, .resume = !paused};
  compat::send(self_, table_->dispatcher, word);
  compat::send(self_, table_->persister, word);
}

caf::result<void> supervisor_state::on_set_destination(const set_destination& m) {
  if (context_->settings.queue.enqueue_only)
    return to_caf_error({errc::unsupported, "queue.enqueue_only",
                         "must be false: a process that delivers changes the destination of the queue"});
  auto next = std::make_shared<actor_context>(*context_);
  if (!m.data_plane_url.empty())
    next->settings.data_plane_url = m.data_plane_url;
  if (!m.write_key.empty())
    next->settings.write_key = m.write_key;
  if (const auto wrong = validate(next->settings); !wrong.empty()) {
    std::string words;
    for (const auto& w : wrong)
      words += (words.empty() ? "" : "; ") + w.field + " " + w.message;
    return to_caf_error({errc::invalid_option, wrong.front().field, words});
  }
  next->redirected = true;
  context_ = std::move(next);
  const redirected word{context_};
  compat::send(self_, table_->dead_letters, word);
  compat::send(self_, table_->persister, word);
  compat::send(self_, table_->dispatcher, word);
  if (table_->server)
    compat::send(self_, table_->server, word);
  return {};
}

// The persister waits while too many news are under way, so that a supervisor that is busy with the reports cannot make
// memory grow.
void supervisor_state::on_committed(const committed& m) {
  count_deliveries(context_->meters->deliveries, *m.news);
  publish_soon();
  notify(subscribers_.tell(*m.news));
  if (++news_handled_ == news_window / 2 && phase_ != phase::stopping)
    compat::send(self_, table_->persister, news_handled{std::exchange(news_handled_, 0)});
}

void supervisor_state::notify(std::vector<addressed_notification> all) {
  for (auto& n : all)
    std::visit(
        [&](auto& what) {
          const auto who = n.to.address();
          compat::request(self_, n.to, caf::infinite, std::move(what))
              .then([this, who] { notify(subscribers_.handled_by(who)); },
                    [this, who](const caf::error&) { notify(subscribers_.handled_by(who)); });
        },
        n.what);
}

// A quiet system publishes nothing.
void supervisor_state::publish_soon() {
  if (registry_)
    publish_.set(self_, self_->clock().now() + publish_pause);
}

void supervisor_state::publish() {
  if (registry_)
    show_process_metrics(stats(), context_->settings.max_internal_queue_size, *context_->meters, *registry_);
}

void supervisor_state::on_intake_news(const intake_news& m) {
  publish_soon();
  for (const auto& r : m.reports) {
    if (const auto events =
            r.kind == report_kind::rejected ? rejections_.failed(r.reason, self_->clock().now(), r.events) : 0)
      context_->log(log_level::warning, std::to_string(events) + " events were rejected: " + r.reason);
    notify(subscribers_.tell(r));
  }
  for (const auto& c : m.crossings)
    notify(subscribers_.tell(c));
}

void supervisor_state::on_suspension_changed(const suspension_changed& m) {
  publish_soon();
  auto& reason = m.by == suspension_source::destination ? suspended_by_destination_ : suspended_by_queue_;
  if (std::exchange(reason, m.reason) != m.reason)
    notify(subscribers_.tell(delivery_suspended{m.reason}));
}

supervisor_state::handle::behavior_type supervisor_state::behavior() {
  return {[this](const subscribe& m) { return compat::to_requester(self_, on_subscribe(m)); },
          [this](const unsubscribe& m) { on_unsubscribe(m); },
          [this](const get_stats&) { return compat::to_requester(self_, caf::result<system_stats>{stats()}); },
          [this](const pause&) { set_paused_to(true); },
          [this](const resume&) { set_paused_to(false); },
          [this](const set_destination& m) { return compat::to_requester(self_, on_set_destination(m)); },
          [this](const shutdown& m) { return on_shutdown(m); },
          [this](const list_dead& m) { return compat::forward_to(self_, table_->dead_letters, m); },
          [this](const show_dead& m) { return compat::forward_to(self_, table_->dead_letters, m); },
          [this](const replay_dead& m) { return compat::forward_to(self_, table_->dead_letters, m); },
          [this](const purge_dead& m) { return compat::forward_to(self_, table_->dead_letters, m); },
          [this](const committed& m) { on_committed(m); },
          [this](const intake_news& m) { on_intake_news(m); },
          [this](const suspension_changed& m) { on_suspension_changed(m); },
          [this](const drained&) { on_drained(); },
          [this](const store_lost& m) { stop(m.why); },
          [this](const get_peers&) { return compat::to_requester(self_, caf::result<peers>{peers{table_}}); },
          [this](const begin& m) { on_begin(m); },
          [this](const begin_server& m) { return compat::to_requester(self_, on_begin_server(m)); },
          [this](const tick& m) { on_tick(m); }};
}

supervisor_actor spawn_supervisor(caf::actor_system& system, context_ptr context) {
  return system.spawn<actor_of<supervisor_state>>(std::move(context));
}

} // namespace sluice
