#include "actors/dispatcher_actor.hpp"

#include "actors/supervised.hpp"
#include "core/outcome.hpp"

namespace sluice {

void dispatcher_state::start(self_pointer self, context_ptr context) {
  self_ = self;
  context_ = std::move(context);
  destination_.emplace(context_->settings.hold.probe);
  port_.open(handle{self});
  transport_ = context_->transport();
}

void dispatcher_state::meet(const peers& who) {
  const bool new_persister = !peers_.table || peers_.table->persister != who.table->persister;
  peers_ = who;
  if (new_persister) {
    pull first{.capacity = capacity(), .holding = {}};
    said_capacity_ = first.capacity;
    for (const auto& [id, d] : deliveries_)
      first.holding.push_back(d.what);
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
  const lease held{b.content->id, b.fence};
  auto body = attempt_of(*b.content->payload, context_->clock());
  if (!body) {
    on_ended({held, {.status = 400, .retry_after = {}, .detail = "malformed payload: " + body.error().message}});
    return;
  }
  transport_->send({.batch_id = b.content->id,
                    .head = std::move(body->head),
                    .middle = body->middle,
                    .tail = std::move(body->tail),
                    .gzip = body->gzip,
                    .payload = b.content->payload},
                   [port = port_.get(), held](delivery_response response) {
                     port->send(attempt_ended{held, std::move(response)});
                   });
}

void dispatcher_state::on_ended(const attempt_ended& m) {
  auto i = deliveries_.find(m.held.id);
  if (i == deliveries_.end() || i->second.what.fence != m.held.fence || i->second.came_of_it)
    return;
  i->second.came_of_it = judge(i->second.what, m.response);
  tell(*i->second.came_of_it);
}

dispatcher_state::verdict dispatcher_state::judge(const leased_batch& b, const delivery_response& response) {
  const lease held{b.content->id, b.fence};
  const auto [what, why] = classify(response, b.content->events);
  if (what == outcome::destination_fault) {
    hold(why);
    return settle{{release{held}}};
  }
  // While deliveries are held, only an answer says anything about the address and the key.
  if (response.failure != transport_failure::none && destination_->held()) {
    destination_->fault(self_->clock().now());
    probe_.set(self_, destination_->probe_at());
    return settle{{release{held}}};
  }
  if (what != outcome::cancelled)
    go_on();
  switch (what) {
  case outcome::delivered:
    return settle{{ack{held}}};
  case outcome::retryable:
    return attempt_failed{held, b.attempts + 1, why, response.retry_after};
  case outcome::splittable:
    return halve(b, why);
  case outcome::permanent:
    return give_up_on{held, why};
  case outcome::destination_fault:
  case outcome::cancelled:
    break;
  }
  return settle{{release{held}}};
}

dispatcher_state::verdict dispatcher_state::halve(const leased_batch& b, const failure_note& why) {
  const lease held{b.content->id, b.fence};
  const auto first_events = b.content->events / 2;
  auto halves =
      split_payload(*b.content->payload, first_events, sealer_, context_->settings.max_batch_bytes, context_->clock());
  if (!halves)
    return give_up_on{held, why};
  const auto child = [&](const char* which, std::uint32_t events, std::shared_ptr<const std::string> payload) {
    return std::make_shared<const batch>(
        batch{.id = b.content->id + which, .events = events, .payload = std::move(payload)});
  };
  return settle{{split{held, child(".0", first_events, std::move(halves->first)),
                       child(".1", b.content->events - first_events, std::move(halves->second))}}};
}

void dispatcher_state::tell(const verdict& v) const {
  const auto& who = *peers_.table;
  if (const auto* s = std::get_if<settle>(&v))
    compat::send(self_, who.persister, *s);
  else if (const auto* f = std::get_if<attempt_failed>(&v))
    compat::send(self_, who.retry, *f);
  else
    compat::send(self_, who.dead_letters, std::get<give_up_on>(v));
}

void dispatcher_state::on_settled(const settled& m) {
  for (const auto& l : m.leases)
    if (auto i = deliveries_.find(l.id); i != deliveries_.end() && i->second.what.fence == l.fence)
      deliveries_.erase(i);
}

void dispatcher_state::on_paused(const set_paused& m) {
  paused_ = m.paused;
  if (m.end_hold)
    go_on();
  say_capacity();
}

void dispatcher_state::on_tick(const tick& t) {
  if (!probe_.rings(t))
    return;
  destination_->tick(self_->clock().now());
  probe_.set(self_, destination_->probe_at());
  say_capacity();
}

void dispatcher_state::hold(const failure_note& why) {
  if (destination_->fault(self_->clock().now())) {
    const auto words = why.reason + "; deliveries wait: check data_plane_url and write_key, then resume";
    context_->log(log_level::error, words);
    compat::send(self_, peers_.table->supervisor, hold_changed{words});
  }
  probe_.set(self_, destination_->probe_at());
  say_capacity();
}

void dispatcher_state::go_on() {
  if (!destination_->answered())
    return;
  context_->log(log_level::info, "the destination answers again; deliveries go on");
  compat::send(self_, peers_.table->supervisor, hold_changed{});
  say_capacity();
}

void dispatcher_state::say_capacity() {
  if (peers_.table && std::exchange(said_capacity_, capacity()) != capacity())
    compat::send(self_, peers_.table->persister, set_capacity{capacity()});
}

std::size_t dispatcher_state::capacity() const noexcept {
  return paused_ ? 0 : destination_->capacity(context_->settings.max_in_flight);
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
          [state](const attempt_ended& m) { state->on_ended(m); },
          [state](const tick& m) { state->on_tick(m); }};
}

} // namespace

dispatcher_actor spawn_dispatcher(caf::actor_system& system, context_ptr context, const supervisor_actor& parent) {
  return system.spawn(dispatcher, std::move(context), parent);
}

} // namespace sluice
