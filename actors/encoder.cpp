#include "actors/encoder.hpp"

namespace sluice {

result<std::string> encode_and_offer(intake& intake, const event_view& what, const requester_factory& who) {
  // A producer's thread keeps its buffer, and its source of ids, which needs no lock that way.
  thread_local std::string bytes;
  thread_local uuid_source ids;
  bytes.clear();
  const auto now = std::chrono::system_clock::now();
  auto encoded = encode(bytes, what, {.max_event_bytes = intake.max_event_bytes(), .now = now, .ids = ids});
  if (!encoded) {
    intake.reject(what.message_id, encoded.error());
    std::string{}.swap(bytes); // an event that is far too large must not leave its size behind
    return encoded.error();
  }
  if (const auto admitted = intake.admits(what, now); !admitted) {
    intake.reject(*encoded, admitted.error());
    return admitted.error();
  }
  const auto user = what.user_id.empty() ? what.anonymous_id : what.user_id; // of an alias, the id that stays
  if (auto admitted = intake.offer(bytes, *encoded, who ? who(*encoded) : nullptr, user); !admitted)
    return admitted.error();
  return encoded;
}

} // namespace sluice
