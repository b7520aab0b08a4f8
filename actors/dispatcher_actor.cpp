#include "actors/dispatcher_actor.hpp"

#include "actors/supervised.hpp"
#include "core/delivery/outcome.hpp"
#include "core/delivery/retry.hpp"
#include "core/delivery/retry_after.hpp"

namespace sluice {

void dispatcher_state::start(self_pointer self, context_ptr context) {
  self_ = self;
  context_ = std::move(context);
  random_.seed(context_->seed);
  destination_.emplace(context_->settings);
  batch_size_.emplace(context_->settings.max_batch_events);
  port_.open(handle{self});
  transport_ = context_->transport(context_->settings);
}

void dispatcher_state::meet(const peers& who) {
  const bool new_persister = !peers_.table || peers_.table->persister != who.table->persister;
  peers_ = who;
  say_batch_size();
  if (new_persister) {
    pull first{.capacity = capacity(), .leased = {}};
    said_capacity_ = first.capacity;
    for (const auto& [id, d] : deliveries_)
      first.leased.push_back(d.what);
    compat::send(self_, peers_.table->persister, std::move(first));
  }
  // Whatever one of them was told and has not passed on may have died with it.
  for (const auto& [id, d] : deliveries_)
    if (d.came_of_it)
      tell(*d.came_of_it);
}

void dispatcher_state::on_deliver(const deliver& m) {
  for (const auto& b : m.batches) {
    deliveries_.insert_or_assign(b.content->id, delivery{b, std::nullopt});
    attempt(b);
  }
}

void dispatcher_state::attempt(const leased_batch& b) {
  const lease under{b.content->id, b.fence};
  auto body = attempt_of(*b.content->payload, context_->clock());
  if (!body) { // says nothing about the destination
    auto& came_of_it = deliveries_.at(under.id).came_of_it;
    came_of_it = undeliverable{under, {0, "malformed payload: " + body.error().message}};
    return tell(*came_of_it);
  }
  transport_->send({.batch_id = b.content->id,
                    .head = std::move(body->head),
                    .middle = body->middle,
                    .tail = std::move(body->tail),
                    .gzip = body->gzip,
                    .payload = b.content->payload},
                   [port = port_.get(), under](delivery_response response) {
                     port->send(attempt_ended{under, std::move(response)});
                   });
}

void dispatcher_state::on_ended(const attempt_ended& m) {
  auto i = deliveries_.find(m.lease.id);
  if (i == deliveries_.end() || i->second.what.fence != m.lease.fence || i->second.came_of_it)
    return;
  i->second.came_of_it = judge(i->second.what, m.response);
  tell(*i->second.came_of_it);
}

dispatcher_state::verdict dispatcher_state::judge(const leased_batch& b, const delivery_response& response) {
  const lease under{b.content->id, b.fence};
  const auto found = classify(response, b.content->events);
  const auto asked = capped(context_->settings.retry, parse_retry_after(response.retry_after, context_->clock()));
  const auto before = destination_->health();
  note(found, asked);
  switch (found.what) {
  case outcome::delivered:
    batch_size_->delivered(b.content->events);
    say_batch_size();
    return settle{{ack{under}}};
  case outcome::retryable:
    return try_again(b, found.why, asked, true);
  case outcome::unreachable:
    if (before == health::misconfigured) // what is held keeps its place, so that it goes on at once
      return settle{{release{under}}};
    return try_again(b, found.why, asked, destination_->health() == health::healthy);
  case outcome::throttled:
    return try_again(b, found.why, asked, before == health::healthy);
  case outcome::splittable:
    return halve(b, found.why);
  case outcome::permanent:
    return undeliverable{under, found.why};
  case outcome::misconfigured:
  case outcome::cancelled:
    break;
  }
  return settle{{release{under}}};
}

// A batch that failed while the destination was known to be away is not to blame. It makes way for another one to be
// the next probe: if it is what keeps the destination from answering, the others show that.
dispatcher_state::verdict dispatcher_state::try_again(const leased_batch& b, const failure_note& why,
                                                      std::optional<milliseconds> asked, bool counted) {
  const lease under{b.content->id, b.fence};
  const int attempts = b.attempts + (counted ? 1 : 0);
  switch (judge_retry(context_->settings.retry, attempts, context_->now() - b.stored)) {
  case retry_verdict::exhausted:
    return undeliverable{under, {why.status, "gave up after " + std::to_string(attempts) + " attempts: " + why.reason}};
  case retry_verdict::expired:
    return undeliverable{under, {why.status, "gave up at the age of retry.max_age: " + why.reason}, true};
  case retry_verdict::again:
    break;
  }
  if (counted)
    return attempt_failed{under, attempts, why, asked};
  const auto until = destination_->probe_at().value_or(self_->clock().now()) - self_->clock().now();
  return settle{{defer{under, std::chrono::ceil<milliseconds>(until) + milliseconds{1}, why}}};
}

dispatcher_state::verdict dispatcher_state::halve(const leased_batch& b, const failure_note& why) {
  const lease under{b.content->id, b.fence};
  if (why.status == 413) {
    batch_size_->too_large(b.content->events);
    say_batch_size();
  }
  const auto first_events = b.content->events / 2;
  auto halves =
      split_payload(*b.content->payload, first_events, sealer_, context_->settings.max_batch_bytes, context_->clock());
  if (!halves)
    return undeliverable{under, why};
  const auto child = [&](const char* which, std::uint32_t events, std::shared_ptr<const std::string> payload) {
    return std::make_shared<const batch>(
        batch{.id = b.content->id + which, .events = events, .payload = std::move(payload)});
  };
  return settle{{split{under, child(".0", first_events, std::move(halves->first)),
                       child(".1", b.content->events - first_events, std::move(halves->second))}}};
}

void dispatcher_state::tell(const verdict& v) const {
  const auto& who = *peers_.table;
  if (const auto* s = std::get_if<settle>(&v))
    compat::send(self_, who.persister, *s);
  else if (const auto* f = std::get_if<attempt_failed>(&v))
    compat::send(self_, who.retry, *f);
  else
    compat::send(self_, who.dead_letters, std::get<undeliverable>(v));
}

void dispatcher_state::on_settled(const settled& m) {
  for (const auto& l : m.leases)
    if (auto i = deliveries_.find(l.id); i != deliveries_.end() && i->second.what.fence == l.fence)
      deliveries_.erase(i);
}

void dispatcher_state::on_paused(const set_paused& m) {
  paused_ = m.paused;
  if (m.resume) {
    const auto before = destination_->health();
    destination_->resume();
    if (before != health::healthy)
      report_health("");
  }
  say_capacity();
}

// What is under way is cancelled, and goes to the new one; what the old one still answers says nothing about that.
void dispatcher_state::on_redirected(const redirected& m) {
  context_ = m.context;
  for (auto& [id, d] : deliveries_)
    if (!d.came_of_it) {
      d.came_of_it = settle{{release{{id, d.what.fence}}}};
      tell(*d.came_of_it);
    }
  transport_ = context_->transport(context_->settings);
  on_paused({.paused = paused_, .resume = true});
}

void dispatcher_state::on_tick(const tick& t) {
  if (!probe_.rings(t))
    return;
  destination_->tick(self_->clock().now());
  probe_.set(self_, destination_->probe_at());
  say_capacity();
}

void dispatcher_state::note(const classification& found, std::optional<milliseconds> asked) {
  const auto before = destination_->health();
  destination_->note(found.what, self_->clock().now(), asked,
                     std::uniform_real_distribution<double>{0.0, 1.0}(random_));
  if (before != destination_->health())
    report_health(found.why.reason);
  probe_.set(self_, destination_->probe_at());
  say_capacity();
}

void dispatcher_state::report_health(const std::string& why) {
  std::string words;
  switch (destination_->health()) {
  case health::healthy:
    context_->log(log_level::info, "the destination answers; deliveries go on");
    break;
  case health::unavailable:
    words = why + "; the destination is unavailable or asks for a pause: deliveries are suspended, and one probe at a "
                  "time goes out";
    context_->log(log_level::warning, words);
    break;
  case health::misconfigured:
    words = why + "; the destination is misconfigured and deliveries are suspended: check data_plane_url and "
                  "write_key, then resume";
    context_->log(log_level::error, words);
    break;
  }
  compat::send(self_, peers_.table->supervisor, suspension_changed{suspension_source::destination, words});
}

void dispatcher_state::say_capacity() {
  if (peers_.table && std::exchange(said_capacity_, capacity()) != capacity())
    compat::send(self_, peers_.table->persister, set_capacity{capacity()});
}

void dispatcher_state::say_batch_size() {
  if (std::exchange(said_batch_size_, batch_size_->limit()) != batch_size_->limit())
    compat::send(self_, peers_.table->buffer, set_batch_size{batch_size_->limit()});
}

std::size_t dispatcher_state::capacity() const noexcept {
  return paused_ ? 0 : destination_->capacity();
}

namespace {

dispatcher_state::handle::behavior_type dispatcher(dispatcher_state::self_pointer self, context_ptr context,
                                                   const supervisor_actor& parent) {
  auto* state = &compat::state_of(self);
  state->start(self, std::move(context));
  supervise(self, parent);
  return {[state](const peers& m) { state->meet(m); },
          [state](const deliver& m) { state->on_deliver(m); },
          [state](const settled& m) { state->on_settled(m); },
          [state](const set_paused& m) { state->on_paused(m); },
          [state](const redirected& m) { state->on_redirected(m); },
          [state](const attempt_ended& m) { state->on_ended(m); },
          [state](const tick& m) { state->on_tick(m); }};
}

} // namespace

dispatcher_actor spawn_dispatcher(caf::actor_system& system, context_ptr context, const supervisor_actor& parent) {
  return system.spawn(dispatcher, std::move(context), parent);
}

} // namespace sluice
