#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include <caf/actor_cast.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/message.hpp>

namespace sluice::test {

/// An actor system on the calling thread and under virtual time: an actor runs when `run_one` says so, and a delayed
/// message is due when `advance_to` has come to it. Hides what differs between the deterministic schedulers of CAF's
/// versions.
class virtual_scheduler {
public:
  using time = std::chrono::steady_clock::time_point;

  /// `config` must outlive this.
  explicit virtual_scheduler(caf::actor_system_config& config);
  /// No actor may be left; messages that are not due yet are dropped.
  ~virtual_scheduler();
  virtual_scheduler(const virtual_scheduler&) = delete;
  virtual_scheduler& operator=(const virtual_scheduler&) = delete;

  caf::actor_system& system();

  /// How many actors have something to do.
  std::size_t runnable() const;
  /// Lets one of them, counted from 0, handle one message.
  void run_one(std::size_t which);
  /// The same for a certain actor. False if it has nothing to do.
  template <class Handle>
  bool run_actor(const Handle& which) {
    return run_actor(*caf::actor_cast<caf::abstract_actor*>(which));
  }

  time now() const;
  /// When the next delayed message is due, if there is one.
  std::optional<time> next_due() const;
  /// Moves the clock forward; what is due by then goes to mailboxes.
  void advance_to(time when);

private:
  bool run_actor(const caf::abstract_actor& which);

  struct impl;
  std::unique_ptr<impl> impl_;
};

void deliver(caf::strong_actor_ptr from, const caf::strong_actor_ptr& to, caf::message);

/// A plain message in another actor's name, whether its interface allows it or not.
template <class From, class To, class Message>
void send_as(const From& from, const To& to, Message message) {
  deliver(caf::actor_cast<caf::strong_actor_ptr>(from), caf::actor_cast<caf::strong_actor_ptr>(to),
          caf::make_message(std::move(message)));
}

} // namespace sluice::test
