#pragma once

#include "sluice/detail/caf_compat.hpp"

/// @file
/// Sends messages from code that builds with both CAF 0.17 and 1.x, which spell it differently. They are plain CAF
/// messages: code for one version may as well write `self->send(to, message)` (0.17) or
/// `self->mail(message).send(to)` (1.x).
namespace sluice {

/// Sends a message. `self` is a pointer to the sending actor, or a `caf::scoped_actor`.
template <class Self, class Handle, class Message>
void send(const Self& self, const Handle& to, Message message) {
  compat::send(self, to, std::move(message));
}

/// Sends a request and returns CAF's response handle: call `then` or `await` on it, or `receive` for a
/// `caf::scoped_actor`, with a handler for the answer and one for the error. Without an answer within `deadline` (a
/// duration, or `caf::infinite`) the request ends in an error.
template <class Self, class Handle, class Deadline, class Message>
auto request(const Self& self, const Handle& to, Deadline deadline, Message message) {
  return compat::request(self, to, deadline, std::move(message));
}

} // namespace sluice
