#include "actors/dispatcher_actor.hpp"

#include "core/delivery/health_words.hpp"
#include "core/delivery/retry.hpp"
#include "core/delivery/retry_after.hpp"
#include "core/printable.hpp"

namespace sluice {

void dispatcher_state::start(self_pointer self, context_ptr context) {
  self_ = self;
  context_ = std::move(context);
  random_.seed(context_->seed);
  destination_.emplace(context_->settings);
  batch_size_.emplace(context_->settings.max_batch_events);
  window_.emplace(std::min(context_->settings.queue.lease, context_->settings.queue.owner_ttl));
  port_.open(handle{self});
  answers_ = std::make_shared<letters>(port_.get());
  transport_ = context_->transport(context_->settings);
}

void dispatcher_state::meet(const peers& who) {
  const bool new_persister = !peers_.table || peers_.table->persister != who.table->persister;
  peers_ = who;
  say_batch_size();
  if (new_persister) {
    pull first{.capacity = leases(), .leased = {}};
    said_leases_ = first.capacity;
    for (const auto& [id, d] : deliveries_)
      first.leased.push_back(d.what);
    compat::send(self_, peers_.table->persister, std::move(first));
    say_health();
  }
  // A peer that was restarted may have died with a verdict that it had not passed on.
  for (const auto& [id, d] : deliveries_)
    if (d.verdict)
      tell(*d.verdict);
}

// A lease may end before its attempt does, and this process may then be granted the batch again. The attempt goes on,
// so that no second one runs beside it.
void dispatcher_state::on_deliver(const deliver& m) {
  for (const auto& l : m.over)
    if (auto i = deliveries_.find(l.id); i != deliveries_.end() && i->second.what.fence == l.fence) {
      free_slot(i->second);
      deliveries_.erase(i);
    }
  for (const auto& b : m.batches) {
    auto& d = deliveries_[b.content->id];
    const bool is_new = !d.what.content || d.verdict;
    d.what = b;
    d.since = self_->clock().now();
    if (!is_new)
      continue;
    free_slot(d);
    d.verdict.reset();
    d.attempt = 0;
    waiting_.push_back(b.content->id);
  }
  if (m.paused)
    give_back_waiting();
  attempt_next();
}

void dispatcher_state::attempt_next() {
  if (capacity() == 0)
    return give_back_waiting();
  while (!waiting_.empty() && slots_taken_ < capacity()) {
    const auto i = deliveries_.find(waiting_.front());
    waiting_.pop_front();
    if (i == deliveries_.end() || !i->second.waits())
      continue;
    if (auto& d = i->second; self_->clock().now() - d.since > window_->longest_wait())
      decide(d, release{{i->first, d.what.fence}});
    else
      attempt(d);
  }
}

// Those that have not begun are not kept from others, and keep their places.
void dispatcher_state::give_back_waiting() {
  for (const auto& id : std::exchange(waiting_, {}))
    if (const auto i = deliveries_.find(id); i != deliveries_.end() && i->second.waits())
      decide(i->second, release{{id, i->second.what.fence}});
}

void dispatcher_state::attempt(delivery& d) {
  const auto& b = d.what;
  auto body = attempt_of(*b.content->payload, context_->clock());
  if (!body)
    return decide(d, judge_malformed(b, body.error()));
  d.attempt = ++attempts_;
  d.begun = self_->clock().now();
  d.has_slot = true;
  ++slots_taken_;
  transport_->send({.batch_id = b.content->id,
                    .failed_attempts = b.attempts,
                    .head = std::move(body->head),
                    .middle = body->middle,
                    .tail = std::move(body->tail),
                    .gzip = body->gzip,
                    .payload = {b.content, b.content->payload.get()}},
                   [answers = answers_, id = b.content->id, number = d.attempt](delivery_response response) {
                     answers->put({id, number, std::move(response)});
                   });
}

void dispatcher_state::on_ended() {
  for (const auto& a : answers_->take())
    end(a);
  attempt_next();
}

void dispatcher_state::end(const answer& a) {
  const auto i = deliveries_.find(a.batch_id);
  if (i == deliveries_.end() || i->second.attempt != a.attempt || i->second.verdict)
    return;
  delivery& d = i->second;
  const auto took = self_->clock().now() - d.begun;
  window_->note(took);
  context_->meters->delivery_duration.observe(took);
  decide(d, judge(d.what, note(d, a.response), context_->settings, sealer_));
}

void dispatcher_state::free_slot(delivery& d) {
  if (std::exchange(d.has_slot, false))
    --slots_taken_;
}

// The verdict is kept until it is settled, so that a restarted peer can be told again. What has failed keeps its slot
// until then: what follows from it comes before the next attempts.
void dispatcher_state::decide(delivery& d, verdict v) {
  if (const auto* s = std::get_if<settlement>(&v); s && std::holds_alternative<ack>(*s))
    free_slot(d);
  d.verdict = std::move(v);
  tell(*d.verdict);
}

void dispatcher_state::tell(const verdict& v) {
  const auto& who = *peers_.table;
  if (const auto* s = std::get_if<settlement>(&v))
    settlements_.settlements.push_back(*s);
  else if (const auto* f = std::get_if<attempt_failed>(&v))
    compat::send(self_, who.retry, *f);
  else
    compat::send(self_, who.dead_letters, std::get<undeliverable>(v));
}

// At the end of every message.
void dispatcher_state::flush() {
  if (!settlements_.settlements.empty())
    compat::send(self_, peers_.table->persister, std::exchange(settlements_, {}));
}

void dispatcher_state::on_paused(const set_paused& m) {
  paused_ = m.paused;
  if (m.resume) {
    const auto before = destination_->health();
    destination_->resume();
    set_probe();
    if (before != health::healthy)
      report_health("");
  }
  say_capacity();
  attempt_next();
}

// Deliveries that are under way are cancelled, and go to the new destination. What the old one still answers is
// ignored, because it says nothing about the new one.
void dispatcher_state::on_redirected(const redirected& m) {
  context_ = m.context;
  for (auto& [id, d] : deliveries_)
    if (!d.verdict)
      decide(d, release{{id, d.what.fence}});
  transport_ = context_->transport(context_->settings);
  on_paused({.paused = paused_, .resume = true});
}

void dispatcher_state::on_tick(const tick& t) {
  if (recovery_.rings(t))
    log_end_of_failures();
  if (!probe_.rings(t))
    return;
  destination_->tick(self_->clock().now());
  set_probe();
  say_capacity();
  attempt_next();
}

void dispatcher_state::set_probe() {
  probe_.set(self_, destination_->probe_at());
  context_->meters->next_probe.set(destination_->probe_at());
}

ended_attempt dispatcher_state::note(const delivery& d, const delivery_response& response) {
  const auto now = self_->clock().now();
  const auto events = d.what.content->events;
  ended_attempt end{.found = classify(response, events), .leased_for = now - d.since, .now = context_->clock()};
  end.asked = capped(context_->settings.retry, parse_retry_after(response.retry_after, end.now));
  end.before = destination_->health();
  destination_->note(end.found.what, now, end.asked, std::uniform_real_distribution<double>{0.0, 1.0}(random_));
  end.after = destination_->health();
  end.until_probe = destination_->probe_at().value_or(now) - now;
  // A transport that a host brought may report anything, secrets included.
  const auto why = printable(end.found.why.reason, context_->settings.write_key);
  log_outcome(end.found.what, why);
  if (end.before != end.after)
    report_health(why);
  else if (end.found.what != outcome::delivered && end.found.what != outcome::cancelled)
    say_health();
  set_probe();
  say_capacity();
  batch_size_->note(end.found, events);
  say_batch_size();
  return end;
}

void dispatcher_state::log_outcome(outcome what, const std::string& why) {
  const auto now = self_->clock().now();
  if (what == outcome::delivered) {
    if (!failures_.empty() && !recovery_.is_set())
      recovery_.set(self_, now + reason_log::gap);
  } else if (what != outcome::cancelled) {
    context_->intake->totals().note_failure(why);
    if (failures_.failed(why, now) > 0)
      context_->log(log_level::warning, "an attempt failed: " + why);
  }
}

void dispatcher_state::log_end_of_failures() {
  for (const auto& [reason, times] : failures_.take_over(self_->clock().now()))
    context_->log(log_level::info, "deliveries succeed again; " + std::to_string(times) +
                                       (times == 1 ? " attempt" : " attempts") + " had failed: " + reason);
}

void dispatcher_state::report_health(const std::string& why) {
  std::string words;
  switch (destination_->health()) {
  case health::healthy:
    context_->log(log_level::info, "the destination answers; deliveries go on");
    break;
  case health::unavailable:
    words = why + std::string{unavailable_ending};
    context_->log(log_level::warning, words);
    break;
  case health::misconfigured:
    words = why + std::string{misconfigured_ending};
    context_->log(log_level::error, words);
    break;
  }
  suspended_ = words;
  compat::send(self_, peers_.table->supervisor, suspension_changed{suspension_source::destination, std::move(words)});
  say_health();
}

void dispatcher_state::say_health() const {
  compat::send(self_, peers_.table->persister,
               health_changed{{.suspended = suspended_, .last_failure = context_->intake->totals().last_failure()}});
}

void dispatcher_state::say_capacity() {
  if (peers_.table && std::exchange(said_leases_, leases()) != leases())
    compat::send(self_, peers_.table->persister, set_capacity{leases()});
}

void dispatcher_state::say_batch_size() {
  if (std::exchange(said_batch_size_, batch_size_->limit()) != batch_size_->limit())
    compat::send(self_, peers_.table->buffer, set_batch_size{batch_size_->limit()});
}

std::size_t dispatcher_state::capacity() const noexcept {
  return paused_ ? 0 : destination_->capacity();
}

// A probe is one delivery, and nothing is leased ahead of it.
std::size_t dispatcher_state::leases() const {
  return destination_->health() == health::healthy ? window_->leases(capacity()) : capacity();
}

dispatcher_state::handle::behavior_type dispatcher_state::behavior() {
  return {[this](const peers& m) {
            meet(m);
            flush();
          },
          [this](const deliver& m) {
            on_deliver(m);
            flush();
          },
          [this](const set_paused& m) {
            on_paused(m);
            flush();
          },
          [this](const queue_resumed&) {
            on_paused({.paused = paused_, .resume = true});
            flush();
          },
          [this](const redirected& m) {
            on_redirected(m);
            flush();
          },
          [this](const attempts_ended&) {
            on_ended();
            flush();
          },
          [this](const tick& m) {
            on_tick(m);
            flush();
          }};
}

} // namespace sluice
