#include "actors/relay_actor.hpp"

#include <caf/io/middleman.hpp>

#include "actors/composition.hpp"
#include "actors/gate.hpp"

namespace sluice {

namespace {

using relay_handle = compat::typed<flush_report(flush)>;

class relay : public relay_handle::base {
public:
  relay(caf::actor_config& config, buffer_actor buffer) : relay_handle::base{config}, buffer_{std::move(buffer)} {}

  behavior_type make_behavior() override {
    compat::harden(this);
    compat::watch(this, buffer_, [this](const caf::actor_addr&, const caf::error&) { quit(); });
    return {[this](const flush& m) { return compat::forward_to(this, buffer_, m); }};
  }

private:
  buffer_actor buffer_;
};

} // namespace

buffer_actor spawn_relay(caf::actor_system& system, const analytics& running) {
  event_gate gate{composition::intake_of(running)};
  return caf::actor_cast<buffer_actor>(system.spawn<gated<relay>>(std::move(gate), running.buffer));
}

result<std::uint16_t> publish(caf::actor_system& system, const analytics& running, std::uint16_t port,
                              const std::string& address) {
  if (!system.has_middleman())
    return error{errc::unsupported, "publish", "the actor system must load CAF's I/O module (caf::io::middleman)"};
  auto relay = spawn_relay(system, running);
  auto bound = system.middleman().publish(relay, port, address.c_str());
  if (!bound) {
    caf::anon_send_exit(relay, caf::exit_reason::user_shutdown);
    return error{errc::invalid_option, "port",
                 "cannot bind " + address + ":" + std::to_string(port) + ": " + describe(bound.error())};
  }
  return *bound;
}

} // namespace sluice
