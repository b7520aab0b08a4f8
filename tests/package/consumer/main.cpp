#include <iostream>

#include <sluice/analytics.hpp>
#include <sluice/config.hpp>

struct config : caf::actor_system_config {
  config() { sluice::configure(*this, custom_options_); }
};

int main() {
  config c;
  caf::actor_system system{c};
  const auto refused = sluice::spawn_analytics(system, {});
  if (refused)
    return 1;
  for (const auto& e : refused.error())
    std::cout << e.field << ": " << e.message << '\n';
  return refused.error().front().field == "write_key" ? 0 : 1;
}
