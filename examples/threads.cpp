// Threads that are not actors send events with the client. It encodes them on the calling thread, and rejects them at
// once while the buffer is full.

#include <cstdlib>
#include <iostream>
#include <thread>
#include <vector>

#include <sluice/analytics.hpp>
#include <sluice/client.hpp>
#include <sluice/config.hpp>

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

  sluice::client client{*running};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&client, t] {
      for (int i = 0; i < 250; ++i) {
        auto id = client.track({.user_id = "u-1"}, "Order Completed", {{"thread", t}, {"total", 27.5}, {"sku", "F15"}});
        if (!id)
          std::cerr << to_string(id.error()) << '\n';
      }
    });
  for (auto& t : threads)
    t.join();

  auto flushed = client.flush();
  if (!flushed)
    return 1;
  std::cout << "delivered " << flushed->delivered << '\n';
  return flushed->delivered == 1'000 ? 0 : 1;
}
