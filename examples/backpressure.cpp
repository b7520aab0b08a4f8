// A producer actor that stops when the buffer is nearly full and goes on when there is room again.

#include <cstdlib>
#include <iostream>

#include <sluice/analytics.hpp>
#include <sluice/config.hpp>

namespace {

constexpr int events_to_send = 5'000;
constexpr int burst = 50;

struct next_burst {};

struct producer_state {
  int sent = 0;
  bool engaged = false;
  int pauses = 0;
};

} // namespace

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(next_burst)

namespace {

caf::behavior producer(caf::stateful_actor<producer_state>* self, sluice::analytics running) {
  self->send(running.supervisor, sluice::subscribe{self});
  self->send(self, next_burst{});
  return {
      [self, running](next_burst) {
        auto& state = self->state;
        for (int i = 0; i < burst && state.sent < events_to_send && !state.engaged; ++i, ++state.sent)
          self->send(running.buffer,
                     sluice::track{.user_id = "u-1", .event = "Step", .properties = {{"number", state.sent}}});
        if (state.sent == events_to_send) {
          std::cout << "sent " << state.sent << '\n';
          self->quit();
        } else if (!state.engaged) {
          self->send(self, next_burst{});
        }
      },
      [self](const sluice::backpressure& b) {
        const bool go_on = self->state.engaged && !b.engaged;
        self->state.engaged = b.engaged;
        if (go_on)
          self->send(self, next_burst{});
      },
      // What else subscribers are told.
      [](const sluice::delivery_report&) {},
      [](const sluice::delivery_hold&) {},
      [](const sluice::stopped&) {},
  };
}

struct app_config : caf::actor_system_config {
  app_config() { sluice::configure(*this, custom_options_); }
};

} // namespace

int main() {
  app_config config;
  caf::actor_system system{config};
  const char* url = std::getenv("SLUICE_URL");
  auto running = sluice::spawn_analytics(
      system, {.write_key = "k", .data_plane_url = url ? url : "", .max_internal_queue_size = 500});
  if (!running) {
    for (const auto& e : running.error())
      std::cerr << e.option << ": " << e.message << '\n';
    return 2;
  }

  caf::scoped_actor self{system};
  self->wait_for(self->spawn<caf::monitored>(producer, *running));
  sluice::shutdown_report report;
  self->request(running->supervisor, caf::infinite, sluice::shutdown{std::chrono::seconds{30}})
      .receive([&](const sluice::shutdown_report& r) { report = r; }, [](const caf::error&) {});
  std::cout << "delivered " << report.delivered << ", refused " << report.refused << '\n';
  return report.delivered + report.refused == events_to_send ? 0 : 1;
}
