#include "actors/server_actor.hpp"

#include "actors/guarded.hpp"
#include "actors/looked_at_queue.hpp"
#include "actors/persisters_queue.hpp"
#include "core/config/store_url.hpp"

namespace sluice {

namespace {

// How long to wait for descriptors or a thread, if there is none.
constexpr std::chrono::seconds start_pause{1};

const char* kind_of_store(const options& o) {
  const auto to = parse_store_url(o);
  if (!to || std::holds_alternative<memory_url>(*to))
    return "memory";
  return std::holds_alternative<sqlite_url>(*to) ? "sqlite" : "redis";
}

} // namespace

void server_state::start(self_pointer self, context_ptr context) {
  self_ = self;
  context_ = std::move(context);
  auto& made_of = *context_->server;
  const auto& o = made_of.settings;
  port_.open(server_actor{self});
  made_of.views.wake(port_.get());
  routes_ = std::make_unique<routes>(
      context_->intake, made_of.access,
      plain_body_limits{.max_bytes = o.max_plain_body_bytes, .max_ratio = o.max_compression_ratio},
      [serves = context_->server](waiting_views::hook answer) { serves->views.add(std::move(answer)); },
      context_->meters, made_of.requests,
      administration{own_hosts{made_of.from.address(), o.public_hosts}, made_of.access,
                     [serves = context_->server](admin_request call, reply_hook answer) {
                       return serves->calls.add(std::move(call), std::move(answer));
                     }});
  is_in_memory_ = std::string_view{kind_of_store(context_->settings)} == "memory";
  if (is_in_memory_)
    queue_ = std::make_unique<persisters_queue>([this] { return peers_.table->persister; });
  else
    queue_ = std::make_unique<looked_at_queue>(context_->settings);
  made_of.calls.wake(port_.get());
  administrator_ = std::make_unique<administrator>(parts_of_administrator());
  open();
}

// That it cannot begin must not use up the restarts of the system, which delivers without it.
void server_state::open() {
  auto& made_of = *context_->server;
  const auto& o = made_of.settings;
  const request_server_limits limits{.max_connections = o.max_connections,
                                     .max_header_bytes = o.max_header_bytes,
                                     .max_body_bytes = o.max_body_bytes,
                                     .max_bytes_of_bodies = o.max_bytes_of_bodies,
                                     .request_timeout = o.request_timeout,
                                     .idle_timeout = o.idle_timeout};
  const auto complain = [context = context_](const std::string& line) { context->log(log_level::warning, line); };
  const auto begun = guarded([&]() -> result<void> {
    server_ = std::make_unique<request_server>(made_of.from, *routes_, limits, made_of.identity, complain);
    return {};
  });
  if (begun)
    return made_of.set_present(server_.get());
  context_->log(log_level::error, "the server cannot start: " + begun.error().message + "; trying again");
  again_.set(self_, self_->clock().now() + start_pause);
}

// Calls that still wait hold the `serving` that holds them. Unless they are dropped, the port would stay open for ever.
server_state::~server_state() {
  if (!context_)
    return;
  auto& made_of = *context_->server;
  made_of.set_present(nullptr);
  server_.reset();
  made_of.calls.wake(nullptr);
  made_of.views.wake(nullptr);
}

void server_state::meet(const peers& who) {
  const bool first = !peers_.table;
  peers_ = who;
  if (!first)
    return;
  on_look(); // somebody may have asked before
  on_administer();
  sample_.set(self_, self_->clock().now() + history::every);
}

void server_state::on_look() {
  if (!peers_.table)
    return;
  compat::request(self_, peers_.table->supervisor, caf::infinite, get_stats{})
      .then([this](const system_stats& s) { answer(s); }, [](const caf::error&) {}); // then this actor ends as well
}

void server_state::answer(const system_stats& s) {
  const auto waiting = context_->server->views.take();
  if (waiting.empty())
    return;
  const auto view = view_of(s);
  for (const auto& hook : waiting)
    hook(view);
}

system_view server_state::view_of(const system_stats& s) {
  system_view view{.system = s,
                   .capacity = context_->settings.max_internal_queue_size,
                   .intake_is_open = !context_->intake->closed(),
                   .to_delivered = context_->meters->accepted_to_delivered.all()};
  const auto now = std::chrono::steady_clock::now();
  if (const auto probe = context_->meters->next_probe.get(); probe && *probe > now)
    view.until_probe = std::chrono::ceil<std::chrono::milliseconds>(*probe - now);
  if (!is_in_memory_)
    look_at_queue(view);
  return view;
}

administrator_parts server_state::parts_of_administrator() {
  return {.state = context_->server->administered,
          .queue = *queue_,
          .look = [this](std::function<void(const system_view&)> hook) { look_for_administrator(std::move(hook)); },
          .redirect = [this](const destination_call& to,
                             std::function<void(const error*)> answer) { redirect(to, std::move(answer)); },
          .context = [this] { return status_of_process(); },
          .may_change = [this] { return !context_->server->access->rules()->tokens.empty(); },
          .log = [this](const std::string& line) { context_->log(log_level::info, line); },
          .most = {.max_event_bytes = context_->settings.max_event_bytes,
                   .max_batch_bytes = context_->settings.max_batch_bytes}};
}

void server_state::on_administer() {
  if (!peers_.table)
    return;
  if (auto next = context_->server->calls.take())
    administrator_->take(std::move(next->first), std::move(next->second), self_->clock().now());
  turn_.set(self_, administrator_->next_turn(self_->clock().now()));
}

void server_state::on_tick(const tick& t) {
  if (again_.rings(t))
    open();
  if (turn_.rings(t))
    work_on();
  if (sample_.rings(t)) {
    administrator_->sample(self_->clock().now());
    sample_.set(self_, self_->clock().now() + history::every);
    turn_.set(self_, administrator_->next_turn(self_->clock().now())); // it may have taken over a job
  }
}

void server_state::work_on() {
  administrator_->work(self_->clock().now());
  turn_.set(self_, administrator_->next_turn(self_->clock().now()));
}

// Those that ask while an answer is awaited get the same one.
void server_state::look_for_administrator(std::function<void(const system_view&)> hook) {
  looks_.push_back(std::move(hook));
  if (looks_.size() > 1)
    return;
  compat::request(self_, peers_.table->supervisor, caf::infinite, get_stats{})
      .then(
          [this](const system_stats& s) {
            auto view = view_of(s);
            if (is_in_memory_)
              look_at_queue(view);
            for (const auto& look : std::exchange(looks_, {}))
              look(view);
          },
          [](const caf::error&) {}); // then this actor ends as well
}

void server_state::look_at_queue(system_view& view) {
  if (auto stats = queue_->stats())
    view.queue = std::move(*stats);
  else
    view.store_error = stats.error().message;
}

void server_state::redirect(const destination_call& to, std::function<void(const error*)> answer) {
  compat::request(self_, peers_.table->supervisor, caf::infinite,
                  set_destination{.data_plane_url = to.data_plane_url, .write_key = to.write_key})
      .then([answer] { answer(nullptr); },
            [answer](const caf::error& why) {
              const auto own =
                  compat::own_error<errc>(why).value_or(error{errc::closed, "", "the system is shutting down"});
              answer(&own);
            });
}

status_context server_state::status_of_process() const {
  const auto& o = context_->settings;
  const auto up = std::chrono::steady_clock::now() - context_->server->began;
  return {.now = context_->now(),
          .uptime = std::chrono::duration_cast<std::chrono::milliseconds>(up),
          .store = kind_of_store(o),
          .name = name_of_process(),
          .data_plane_url = o.data_plane_url};
}

server_state::handle::behavior_type server_state::behavior() {
  return {[this](const peers& m) { meet(m); }, [this](const look_at_system&) { on_look(); },
          [this](const administer&) { on_administer(); }, [this](const redirected& m) { on_redirected(m); },
          [this](const tick& t) { on_tick(t); }};
}

} // namespace sluice
