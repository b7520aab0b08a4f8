#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/persistence/user_erasure.hpp"
#include "sluice/store.hpp"

namespace sluice {

struct event_view;

/// The users whose events a queue takes no more for a while, because they have been erased. It is kept in the notes of
/// the queue, as digests: the ids are to be forgotten.
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

/// Puts a user on the list of a queue. What is on it already stays as long as it was to. Errors: those of the queue,
/// and `backlog_full` if 9 000 ids are on it.
result<void> block(queue_admin&, const erased_user&, store_time until, store_time now);

} // namespace sluice
