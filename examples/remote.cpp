// Two processes: one owns the pipeline and publishes its buffer, the other sends track messages to it over CAF's
// network. `remote serve` prints its port; `remote send PORT` sends ten events and waits until each is stored.

#include <cstdlib>
#include <iostream>
#include <string>

#include <caf/io/middleman.hpp>

#include <sluice/analytics.hpp>
#include <sluice/config.hpp>
#include <sluice/send.hpp>

namespace {

struct app_config : caf::actor_system_config {
  app_config() {
    sluice::configure(*this, custom_options_);
    load<caf::io::middleman>();
  }
};

int serve(caf::actor_system& system) {
  const char* url = std::getenv("SLUICE_URL");
  auto running = sluice::spawn_analytics(system, {.write_key = "k", .data_plane_url = url ? url : ""});
  if (!running) {
    for (const auto& e : running.error())
      std::cerr << e.field << ": " << e.message << '\n';
    return 2;
  }
  auto port = sluice::publish(system, *running, 0);
  if (!port) {
    std::cerr << to_string(port.error()) << '\n';
    return 1;
  }
  std::cout << *port << std::endl;
  std::cin.get(); // until the sender has finished
  std::cout << "delivered " << running->shutdown()->delivered << '\n';
  return 0;
}

int send(caf::actor_system& system, std::uint16_t port) {
  auto buffer = system.middleman().remote_actor<sluice::buffer_actor>("127.0.0.1", port);
  if (!buffer) {
    std::cerr << "cannot connect: " << sluice::describe(buffer.error()) << '\n';
    return 1;
  }
  caf::scoped_actor self{system};
  int stored = 0;
  for (int i = 0; i < 10; ++i)
    sluice::request(self, *buffer, std::chrono::seconds{20},
                    sluice::track{.user_id = "u-1", .event = "Remote", .properties = {{"number", i}}})
        .receive([&](const sluice::receipt&) { ++stored; },
                 [&](const caf::error& why) { std::cerr << sluice::describe(why) << '\n'; });
  std::cout << "stored " << stored << '\n';
  return stored == 10 ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
  app_config config;
  caf::actor_system system{config};
  const std::string mode = argc > 1 ? argv[1] : "";
  if (mode == "serve")
    return serve(system);
  if (mode == "send" && argc == 3)
    return send(system, static_cast<std::uint16_t>(std::atoi(argv[2])));
  std::cerr << "usage: remote serve | remote send PORT\n";
  return 2;
}
