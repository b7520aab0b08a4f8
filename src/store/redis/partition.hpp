#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/redis/owner.hpp"
#include "store/redis/queue.hpp"
#include "store/redis/unit.hpp"

namespace sluice {

/// One partition of a queue in Redis. A unit of work is one pipeline of the scripts in `src/store/redis/lua/`, each of
/// which is atomic and may be run again. Payloads are sent and fetched beside the scripts, never through them.
///
/// A unit goes through `begin`, `read`, `ask_for_bodies` if it wants any, and `finish`. Between them the caller sends
/// what was gathered, and receives the answers, together with those of other partitions with the same connection; while
/// answers are still to be received, none of them may be asked for anything else.
class redis_partition {
public:
  /// Borrows the options, whose bounds are its own.
  redis_partition(std::shared_ptr<redis_connection>, const options&, redis_claimant);
  redis_partition(const redis_partition&) = delete;
  redis_partition& operator=(const redis_partition&) = delete;

  redis_owner& owner() noexcept { return owner_; }
  redis_connection& connection() const noexcept { return *connection_; }
  const std::shared_ptr<redis_queue>& admin() const noexcept { return admin_; }

  /// Gathers the commands of a unit of work, which is borrowed until it is over. Whoever calls it has made sure of the
  /// owner.
  void begin(const unit_of_work&);
  /// Whether a wait is to be gathered behind it, see `add_wait`.
  bool waits() const noexcept { return unit_->waits(); }
  /// Takes the answers, and that to the wait. After an error the unit is over.
  redis_owner::outcome read(std::vector<redis_reply> answers, const redis_reply* waited);
  /// Whether batches were granted that this process has not just stored.
  bool wants_bodies() const noexcept { return !unread_.empty(); }
  void ask_for_bodies();
  /// Takes them. In most cases nothing else is to be done.
  work_result finish(const std::vector<redis_reply>& bodies);
  /// The unit has failed: repairs what it has met, and returns whether it may be sent again at once.
  bool mend();
  /// The unit is over: its connection has failed, and nothing more is known.
  void give_up() noexcept { unit_.reset(); }

  /// As `redis_owner`, for the incarnation of the last unit.
  void add_leave() { owner_.add_leave(incarnation_); }
  void read_leave(redis_value answer) { owner_.read_leave(answer, incarnation_); }

private:
  store_error failed(error why);
  void note_unread();
  result<void> complete(const std::vector<redis_reply>& bodies);
  result<void> claim_again(std::size_t slots);
  result<redis_reply> settle_all(std::string_view how, const std::vector<lease>&);
  result<std::vector<leased_batch>> take_bodies(const std::vector<redis_reply>& bodies);
  result<void> bury_bodiless(const std::vector<leased_batch>&);

  const options& settings_;
  const redis_keys keys_;
  const std::shared_ptr<redis_connection> connection_;
  redis_owner owner_;
  const std::shared_ptr<redis_queue> admin_;
  std::chrono::steady_clock::time_point next_reclaim_{};
  std::string incarnation_;
  /// The number of the last unit of work that was sent, and of the last one that was answered.
  std::uint64_t units_ = 0, answered_ = 0;

  /// The unit that is under way.
  const unit_of_work* work_ = nullptr;
  std::optional<redis_unit> unit_;
  bool reclaims_ = false;
  std::uint64_t scripts_ = 0;
  work_done done_;
  /// The batches of `done_` without a payload.
  std::vector<leased_batch*> unread_;
};

} // namespace sluice
