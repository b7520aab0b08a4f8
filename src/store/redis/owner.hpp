#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sluice/store.hpp"
#include "store/redis/burials.hpp"
#include "store/redis/connection.hpp"

namespace sluice {

/// Who a process of a queue is: unique and readable.
struct owner_token {
  /// `<32 hex digits>:<pid>:<host>`
  static std::string make();
  /// As in `process 1234 on web-1`. Of text that is no token, nothing secret or harmful remains.
  static std::string describe(std::string_view token);
};

/// Which partition of a queue it is, and who asks for it: the same in all partitions of a process.
struct redis_claimant {
  std::size_t partition = 0;
  std::string token{};
  /// Where its batches go.
  std::string fingerprint{};
};

/// The right to process a partition of a queue in Redis: of one process, or of all that share the queue. Asked for
/// after every connect, since it may have been lost without a word. A process that only enqueues asks whether the queue
/// is for its destination, and takes the right from nobody.
class redis_owner {
public:
  /// Nothing, or an error, which may be a signal.
  using outcome = boost::system::result<void, store_error>;

  /// Borrows the connection, the keys of the partition and the options.
  redis_owner(redis_connection&, const redis_keys&, const options&, redis_claimant);

  /// Whether the right was given over the connection as it is now, and nothing has been heard since.
  bool is_sure() const noexcept { return sure_ && connected_ == connection_.times_connected(); }
  /// Makes sure of it, for partitions with the same connection, together. A process that finds another one at a queue
  /// of one process watches it for as long as that can be silent: then, or as soon as it gives a sign, it is known
  /// whether it lives. Errors: the signal `watched` meanwhile; `queue_taken`; `not_a_queue`; `other_destination`;
  /// `store_failed`.
  static std::vector<outcome> ensure_all(redis_connection&, const std::vector<redis_owner*>&);

  /// A script has said that the right is gone, or that the queue is another, or for another destination.
  void doubt() noexcept { sure_ = false; }

  /// Gathers a call by which leases that are over go back. For a process of a shared queue, now and then.
  void add_reclaim();
  /// What is answered to that. Returns whether there may be more.
  result<bool> read_reclaim(redis_value);
  /// Removes the payloads of batches that scripts have forgotten by themselves.
  result<void> remove_garbage();
  /// Batches that were buried by that, and those that were noted, since this was asked last.
  std::vector<store_burial> take_buried() { return std::exchange(buried_, {}); }
  /// These are buried, too: one, or what a script says of several. Returns whether that can be understood.
  bool note_buried(redis_value answer) { return read_burials(answer, 0, buried_); }
  void note_buried(store_burial b) { buried_.push_back(std::move(b)); }

  /// A unit of work that gives the queue this fingerprint is sent. Unless it is answered, the old one may be there, or
  /// this one.
  void redirecting(const std::string& fingerprint);
  /// It was answered.
  void redirected();

  bool is_owned() const noexcept { return owned_; }
  /// Gathers a call that gives the right and all leases back; nobody asks any more how many events of the incarnation
  /// have ended.
  void add_leave(const std::string& incarnation);
  /// What is answered to that. If it is an error, the call is made once more.
  void read_leave(redis_value, const std::string& incarnation);

  /// The first arguments of every script that changes something.
  std::vector<std::string_view> credentials() const;

private:
  /// One of those that go on together, as long as there is no error.
  struct asker {
    redis_owner* owner;
    outcome* result;
  };

  static void acquire(redis_connection&, const std::vector<asker>&);
  static void reclaim(redis_connection&, std::vector<asker>);
  static void remove_garbage(redis_connection&, std::vector<asker>);
  bool only_enqueues() const noexcept { return settings_.queue.enqueue_only; }
  redis_call call_acquire() const;
  outcome read_acquire(redis_value);
  redis_call call_reclaim() const;
  std::vector<std::string_view> leaving(const std::string& incarnation) const;
  store_error watch(std::string_view whose, std::int64_t expires_ms, bool is_later);

  redis_connection& connection_;
  const redis_keys& keys_;
  const options& settings_;
  const std::string partition_, partitions_, ordering_, token_;
  std::string fingerprint_;
  /// What a unit of work that was not answered may have put in its place.
  std::string next_fingerprint_;
  const std::string mode_, ttl_, max_crashes_;
  /// A number; of a process that only enqueues, the fingerprint, how it makes its batches and for how many partitions,
  /// so that every script checks them.
  std::string session_;
  std::uint64_t connected_ = 0;
  bool owned_ = false;
  bool sure_ = false;
  std::vector<store_burial> buried_;

  /// A foreign owner, and when it will have been silent for too long.
  struct sighting {
    std::string whose;
    std::int64_t expires_ms;
    std::chrono::steady_clock::time_point seen, over;
  };
  std::optional<sighting> watched_;
};

} // namespace sluice
