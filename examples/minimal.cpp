// The smallest CAF application that delivers analytics events: it spawns the system and sends a track message to the
// buffer actor.

#include <cstdlib>
#include <iostream>

#include <sluice/analytics.hpp>
#include <sluice/config.hpp>
#include <sluice/send.hpp>

struct app_config : caf::actor_system_config {
  app_config() { sluice::configure(*this, custom_options_); }
};

int main() {
  app_config config;
  caf::actor_system system{config};
  const char* url = std::getenv("SLUICE_URL");
  auto running = sluice::spawn_analytics(system, {.write_key = "k", .data_plane_url = url ? url : ""});
  if (!running) {
    for (const auto& e : running.error())
      std::cerr << e.field << ": " << e.message << '\n';
    return 2;
  }

  caf::scoped_actor self{system};
  sluice::send(self, running->buffer,
               sluice::track{.user_id = "u-1", .event = "Order Completed", .properties = {{"total", 27.5}}});

  const auto report = running->shutdown();
  std::cout << "delivered " << report->delivered << '\n';
  return report->delivered == 1 ? 0 : 1;
}
