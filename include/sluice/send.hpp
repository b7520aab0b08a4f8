#pragma once

#include "sluice/detail/caf_compat.hpp"

/// Sending, for code that is to build with CAF 0.17 as well as 1.x, which have different words for it. What is sent is
/// a plain message: code for one version may as well say `self->send(to, message)` (0.17) or
/// `self->mail(message).send(to)` (1.x).
namespace sluice {

/// Sends a message. `self` is a pointer to the sending actor, or a `caf::scoped_actor`.
template <class Self, class Handle, class Message>
void send(const Self& self, const Handle& to, Message message) {
  compat::send(self, to, std::move(message));
}

/// Sends a request that is answered within `deadline` (a duration, or `caf::infinite`) or ends in an error. Handlers
/// for the answer and for the error go to `then` or `await` of what it returns, for a `caf::scoped_actor` to `receive`.
template <class Self, class Handle, class Deadline, class Message>
auto request(const Self& self, const Handle& to, Deadline deadline, Message message) {
  return compat::request(self, to, deadline, std::move(message));
}

} // namespace sluice
