#include "support/catch.hpp"

#include "support/registry_text.hpp"
#include "support/virtual_system.hpp"

using namespace sluice;
using namespace sluice::test;
using namespace std::chrono_literals;

TEST_CASE("where CAF has a registry of metrics, it has those of the process", "[actors][supervisor]") {
  virtual_system sim{virtual_system::defaults()};
  sim.endpoint().answer = [](const auto&) { return delivery_response{.status = 200}; };
  sim.send_events(40, "e-");
  sim.advance(3s);
  const auto text = registry_text(sim.system());
  for (const auto* series :
       {R"(sluice_events_total{outcome="delivered"} 40)", R"(sluice_deliveries_total{status="2xx"} 2)",
        R"(sluice_delivery_duration_seconds_bucket{le="+Inf"} 2)", "sluice_accepted_to_stored_seconds_count 40",
        R"(sluice_actor_restarts_total{actor="persister_actor"} 0)", "sluice_buffer_events 0"}) {
    INFO(series << " is expected in\n" << text);
    CHECK((text.find("\n" + std::string{series}) != std::string::npos) == compat::has_metrics);
  }
}
