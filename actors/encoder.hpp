#pragma once

#include <functional>
#include <string>

#include "core/event/encode.hpp"
#include "core/intake/intake.hpp"

namespace sluice {

/// Makes the one who waits for an event, once its message id is known.
using requester_factory = std::function<requester_ptr(const std::string& message_id)>;

/// Encodes an event on the calling thread and offers it to the intake. Gives the message id. Counts what is rejected.
/// Any thread.
result<std::string> encode_and_offer(intake& intake, const event_view& what, const requester_factory& who = nullptr);

} // namespace sluice
