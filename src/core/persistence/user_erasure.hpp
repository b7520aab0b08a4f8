#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "core/wire/payload.hpp"
#include "sluice/store.hpp"

namespace sluice {

/// Whose events are to be erased: those with this `userId`, those with this `anonymousId`, and aliases with one of the
/// two as their `previousId`. One of them may be empty.
struct erased_user {
  std::string user{};
  std::string anonymous{};
};

/// What a batch is without the events of a user.
struct batch_without_user {
  /// How many events of the user it has.
  std::uint32_t events = 0;
  /// The batch without them; null if there are no others. Set only if it has some.
  batch_ptr rest{};
};

/// Takes the events of a user out of a batch. Errors: the payload is damaged.
result<batch_without_user> without_user(const batch&, const erased_user&, payload_sealer&,
                                        std::chrono::system_clock::time_point now);

/// Erases the events of a user from a queue, a page at a time, so that deliveries go on in between. What is in flight
/// cannot be erased, and the queue changes meanwhile; so it looks again from the beginning, until it finds nothing.
class user_erasure {
public:
  /// `comes_until`: events of the user may be stored until then, so that a look that begins earlier is not the last.
  explicit user_erasure(erased_user who, std::chrono::system_clock::time_point comes_until = {})
      : who_{std::move(who)}, comes_until_{comes_until} {}

  /// Looks at the next page. Errors: those of the queue; the page is looked at again then.
  result<void> next(queue_admin&, std::chrono::system_clock::time_point now);

  /// Whether nothing of the user was found in all of the queue. What has left it afterwards must still be overwritten:
  /// see `queue_admin::scrub`.
  bool is_over() const noexcept { return is_over_; }
  /// Whether all of the queue has been looked at just now.
  bool is_at_end() const noexcept { return passes_ > 0 && after_.empty(); }
  /// Whether there is nothing to do until some of what is in flight is not any more, or more of the user has come.
  bool waits() const noexcept { return waits_; }
  /// How many events were erased, and of how many batches.
  std::uint64_t events() const noexcept { return events_; }
  std::uint64_t batches() const noexcept { return batches_; }
  /// What of the user may be left, in words; empty: nothing, as far as the whole queue has been looked at.
  std::string what_is_left() const;

private:
  /// Of one look at all of the queue: batches that lost events, events in flight, and batches that cannot be read.
  struct findings {
    std::uint64_t erased = 0, in_flight = 0, unreadable = 0;
  };

  erased_user who_;
  std::chrono::system_clock::time_point comes_until_;
  /// When the present look at the queue has begun.
  std::chrono::system_clock::time_point began_{};
  payload_sealer sealer_;
  std::string after_;
  findings found_, found_before_;
  /// What is to be erased next.
  std::vector<erasure> gathered_;
  int passes_ = 0;
  bool is_over_ = false, waits_ = false;
  std::uint64_t events_ = 0, batches_ = 0;
};

} // namespace sluice
