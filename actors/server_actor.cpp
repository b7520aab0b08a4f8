#include "actors/server_actor.hpp"

#include <algorithm>

#include "actors/guarded.hpp"
#include "store/make_store.hpp"

namespace sluice {

namespace {

// How long to wait for descriptors or a thread, if there is none.
constexpr std::chrono::seconds start_pause{1};
// How long Redis may take to connect, and then to answer: whoever looks waits for it, and so does the end of the
// system.
constexpr milliseconds look_patience{500};
// For how long a queue that did not answer is not asked again: whoever came meanwhile is told at once.
constexpr std::chrono::seconds look_pause{1};

options for_looks(options o) {
  o.redis.connect = std::min(o.redis.connect, look_patience);
  o.redis.command = std::min(o.redis.command, look_patience);
  return o;
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
      context_->meters, made_of.requests);
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

server_state::~server_state() {
  if (context_)
    context_->server->set_present(nullptr);
}

void server_state::meet(const peers& who) {
  const bool first = !peers_.table;
  peers_ = who;
  if (first)
    on_look(); // somebody may have asked before
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
  system_view view{.system = s,
                   .capacity = context_->settings.max_internal_queue_size,
                   .intake_is_open = !context_->intake->closed()};
  look_at_queue(view);
  for (const auto& hook : waiting)
    hook(view);
}

void server_state::look_at_queue(system_view& view) {
  if (!has_queue_to_look_at_)
    return;
  if (self_->clock().now() >= ask_again_) {
    auto stats = ask_queue();
    no_answer_ = stats || !has_queue_to_look_at_ ? "" : stats.error().message;
    if (stats)
      view.queue = std::move(*stats);
    else
      ask_again_ = self_->clock().now() + look_pause;
  }
  view.store_error = no_answer_;
}

result<store_stats> server_state::ask_queue() {
  if (!queue_) {
    auto made = make_queue_admin(for_looks(context_->settings));
    has_queue_to_look_at_ = made || made.error().code != errc::unsupported;
    if (!made)
      return made.error();
    queue_ = std::move(*made);
  }
  return queue_->stats();
}

server_state::handle::behavior_type server_state::behavior() {
  return {[this](const peers& m) { meet(m); }, [this](const look_at_system&) { on_look(); },
          [this](const tick& t) {
            if (again_.rings(t))
              open();
          }};
}

} // namespace sluice
