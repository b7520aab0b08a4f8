#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/persistence/user_erasure.hpp"
#include "sluice/store.hpp"

namespace sluice {

struct event_view;

/// The users who were erased, and whose events are rejected for a while. The queue keeps it in its notes, with digests
/// instead of ids, which are to be forgotten.
class block_list {
public:
  /// Reads the list of a queue. Errors: those of the queue.
  static result<block_list> read(queue_admin&);

  bool empty() const noexcept { return until_.empty(); }
  /// Whether an event is of one of the users: as `user_erasure` decides.
  bool has(const event_view&, store_time now) const;

private:
  bool has(std::string_view kind, std::string_view id, store_time now) const;

  /// By the names of the notes.
  std::unordered_map<std::string, store_time> until_;
};

/// The longest time until every process of a queue has heard that a user is blocked and, with the default
/// `flush_interval`, has stored what it had accepted before.
inline constexpr std::chrono::seconds time_until_blocked{30};

/// Puts a user on the list of a queue. An id that is on it for longer stays so. Errors: those of the queue, and
/// `backlog_full` if 9 000 ids are on it.
result<void> block(queue_admin&, const erased_user&, store_time until, store_time now);
/// Takes a user off the list of a queue. Processes hear of it as late as they hear of a user who is put on it. Returns
/// how many of the ids were on it. Errors: those of the queue.
result<std::size_t> unblock(queue_admin&, const erased_user&, store_time now);

} // namespace sluice
