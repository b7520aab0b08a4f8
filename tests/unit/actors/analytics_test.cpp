#include "support/catch.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include "actors/handles.hpp"
#include "sluice/analytics.hpp"

using namespace sluice;

TEST_CASE("an actor system that does not know our messages is refused", "[actors]") {
  caf::actor_system_config not_configured;
  caf::actor_system system{not_configured};
  const auto running = spawn_analytics(system, {});
  REQUIRE(!running);
  // CAF 1.x keeps types for the process: there only the options are wrong.
  CHECK(running.error().front().field == (compat::knows<track>(system) ? "write_key" : "actor_system"));
}

TEST_CASE("what actors answer is told in the same words by every CAF", "[actors]") {
  CHECK(describe(to_caf_error({errc::too_large, "properties", "at most 32 KiB"})) ==
        "properties: at most 32 KiB (too_large)");
  CHECK(describe(caf::make_error(caf::sec::unexpected_message)).find("unexpected_message") != std::string::npos);
}
