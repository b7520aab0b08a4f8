#include "actors/relay_actor.hpp"

#include <atomic>
#include <exception>
#include <map>

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
  relay(caf::actor_config& config, const analytics& running)
      : relay_handle::base{config}, gate_{composition::intake_of(running)}, log_{composition::log_of(running)},
        buffer_{running.buffer} {}

  using relay_handle::base::enqueue;

  compat::enqueue_result enqueue(caf::mailbox_element_ptr element, compat::scheduler_context* context) override {
    if (is_for_mailbox(*element))
      return relay_handle::base::enqueue(std::move(element), context);
    return compat::taken();
  }

  behavior_type make_behavior() override {
    compat::harden(this);
    compat::watch(this, buffer_, [this](const caf::actor_addr&, const caf::error&) { end(); });
    return {[this](const flush& m) { return on_flush(m); }};
  }

private:
  // CAF ends an actor whose handler throws, as without memory, and a connection whose actor does: the port would be
  // dead. `tell` answers the requester, if that is possible.
  template <class Tell>
  void survive(const std::exception& why, Tell tell) const noexcept {
    try {
      log_(log_level::error, std::string{"the relay could not handle a message of another process: "} + why.what());
    } catch (...) { // As a log function may.
    }
    try {
      tell(caf::make_error(caf::sec::runtime_error, std::string{why.what()}));
    } catch (const std::exception&) { // The requester hears nothing.
    }
  }

  // Any thread: that of the connection, mostly.
  bool is_for_mailbox(const caf::mailbox_element& element) {
    try {
      return !gate_.takes(ctrl(), element) && admits(element);
    } catch (const std::exception& why) {
      survive(why, [&](caf::error e) {
        if (element.mid.is_request())
          compat::reply_to{ctrl(), element.sender, element.mid}(std::move(e));
      });
      return false;
    }
  }

  bool admits(const caf::mailbox_element& element) {
    if (compat::is_from(buffer_, element))
      return true;
    const bool is_flush = !element.mid.is_response() && element.content().match_elements<flush>();
    if (is_flush && flushes_.fetch_add(1) < max_remote_flushes)
      return true;
    if (is_flush)
      --flushes_;
    if (element.mid.is_request())
      compat::reply_to{ctrl(), element.sender, element.mid}(
          is_flush ? to_caf_error({errc::buffer_full, "flush",
                                   "at most " + std::to_string(max_remote_flushes) + " of other processes at a time"})
                   : caf::make_error(caf::sec::unexpected_message));
    return false;
  }

  using promise = caf::typed_response_promise<flush_report>;

  promise on_flush(const flush& m) {
    const auto number = ++last_;
    promise answers;
    try {
      answers = compat::promise_to_requester<flush_report>(this);
      waiting_.emplace(number, answers);
      compat::request(this, buffer_, caf::infinite, m)
          .then([this, number](const flush_report& report) { answer(number, report); },
                [this, number](caf::error& why) { answer(number, std::move(why)); });
    } catch (const std::exception& why) {
      waiting_.erase(number);
      --flushes_;
      survive(why, [&](caf::error e) { answers.deliver(std::move(e)); });
    }
    return answers;
  }

  template <class Answer>
  void answer(std::uint64_t number, Answer what) {
    auto waits = waiting_.extract(number);
    --flushes_;
    deliver(waits.mapped(), std::move(what));
  }

  template <class Answer>
  void deliver(promise& to, Answer what) const noexcept {
    try {
      to.deliver(std::move(what));
    } catch (const std::exception& why) {
      survive(why, [&](caf::error e) { to.deliver(std::move(e)); });
    }
  }

  // Flushes that the buffer has not seen are answered here.
  void end() {
    for (auto& [number, waits] : waiting_)
      deliver(waits, to_caf_error({errc::closed, "", "the system stopped"}));
    quit();
  }

  const event_gate gate_;
  const log_hook log_;
  const buffer_actor buffer_;
  std::atomic<int> flushes_{0};
  std::map<std::uint64_t, promise> waiting_;
  std::uint64_t last_ = 0;
};

} // namespace

buffer_actor spawn_relay(caf::actor_system& system, const analytics& running) {
  return caf::actor_cast<buffer_actor>(system.spawn<relay>(running));
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
