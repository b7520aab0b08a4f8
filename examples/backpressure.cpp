// A producer actor that stops when the buffer is nearly full, and resumes when it has room again.

#include <cstdlib>
#include <iostream>

#include <sluice/analytics.hpp>
#include <sluice/config.hpp>
#include <sluice/send.hpp>

namespace {

constexpr int events_to_send = 5'000;
constexpr int burst = 50;

class producer : public caf::event_based_actor {
public:
  producer(caf::actor_config& config, sluice::buffer_actor buffer, sluice::analytics_actor supervisor)
      : caf::event_based_actor{config}, buffer_{std::move(buffer)}, supervisor_{std::move(supervisor)} {}

  caf::behavior make_behavior() override {
    sluice::send(this, supervisor_, sluice::subscribe{this});
    go_on();
    return {
        [this](int events) { produce(events); },
        [this](const sluice::backpressure& b) {
          if (std::exchange(engaged_, b.engaged) && !b.engaged)
            go_on();
        },
        // The other notifications of a subscriber.
        [](const sluice::delivery_report&) {},
        [](const sluice::delivery_suspended&) {},
        [](const sluice::reports_missed&) {},
        [](const sluice::stopped&) {},
    };
  }

private:
  // Sends the next event through its own mailbox, so that a backpressure message can arrive in between.
  void go_on() { sluice::send(this, caf::actor{this}, burst); }

  void produce(int events) {
    for (int i = 0; i < events && sent_ < events_to_send && !engaged_; ++i, ++sent_)
      sluice::send(this, buffer_, sluice::track{.user_id = "u-1", .event = "Step", .properties = {{"number", sent_}}});
    if (sent_ == events_to_send) {
      std::cout << "sent " << sent_ << '\n';
      quit();
    } else if (!engaged_) {
      go_on();
    }
  }

  sluice::buffer_actor buffer_;
  sluice::analytics_actor supervisor_;
  int sent_ = 0;
  bool engaged_ = false;
};

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
      std::cerr << e.field << ": " << e.message << '\n';
    return 2;
  }

  caf::scoped_actor self{system};
  self->wait_for(system.spawn<producer>(running->buffer, running->supervisor));
  const auto report = running->shutdown(std::chrono::seconds{30});
  std::cout << "delivered " << report->delivered << ", rejected " << report->rejected << '\n';
  return report->delivered + report->rejected == events_to_send ? 0 : 1;
}
