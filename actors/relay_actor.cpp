#include "actors/relay_actor.hpp"

#include <atomic>

#include <caf/io/middleman.hpp>

#include "actors/composition.hpp"
#include "actors/gate.hpp"

namespace sluice {

namespace {

constexpr int max_remote_flushes = 64;

using relay_handle = compat::typed<flush_report(flush)>;

// Other processes can send any message to it, `kill` among them, under any sender of theirs. So nothing reaches its
// mailbox but flushes, a bounded number of them, and what the buffer says. It answers by itself, because the sender of
// an answer becomes known to the other process, which can send to it from then on.
class relay : public relay_handle::base {
public:
  relay(caf::actor_config& config, buffer_actor buffer) : relay_handle::base{config}, buffer_{std::move(buffer)} {}

  using relay_handle::base::enqueue;

  compat::enqueue_result enqueue(caf::mailbox_element_ptr element, compat::scheduler_context* context) override {
    if (admits(*element))
      return relay_handle::base::enqueue(std::move(element), context);
    return compat::taken();
  }

  behavior_type make_behavior() override {
    compat::harden(this);
    compat::watch(this, buffer_, [this](const caf::actor_addr&, const caf::error&) { quit(); });
    return {[this](const flush& m) { return on_flush(m); }};
  }

private:
  // Any thread.
  bool admits(const caf::mailbox_element& element) {
    if (compat::is_from(buffer_, element))
      return true;
    if (!element.mid.is_request())
      return false;
    const compat::reply_to reply{ctrl(), element.sender, element.mid};
    if (!element.content().match_elements<flush>()) {
      reply(caf::make_error(caf::sec::unexpected_message));
      return false;
    }
    if (flushes_.fetch_add(1) < max_remote_flushes)
      return true;
    --flushes_;
    reply(to_caf_error({errc::buffer_full, "flush",
                        "at most " + std::to_string(max_remote_flushes) + " of other processes at a time"}));
    return false;
  }

  caf::typed_response_promise<flush_report> on_flush(const flush& m) {
    auto promise = make_response_promise<flush_report>();
    compat::request(this, buffer_, caf::infinite, m)
        .then(
            [this, promise](const flush_report& report) mutable {
              --flushes_;
              promise.deliver(report);
            },
            [this, promise](caf::error& why) mutable {
              --flushes_;
              promise.deliver(std::move(why));
            });
    return promise;
  }

  buffer_actor buffer_;
  std::atomic<int> flushes_{0};
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
  auto bound = system.middleman().publish(spawn_relay(system, running), port, address.c_str());
  if (!bound)
    return error{errc::invalid_option, "port",
                 "cannot bind " + address + ":" + std::to_string(port) + ": " + describe(bound.error())};
  return *bound;
}

} // namespace sluice
