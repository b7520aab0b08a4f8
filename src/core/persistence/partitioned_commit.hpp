#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/persistence/group_commit.hpp"

namespace sluice {

/// The group commits of all partitions: hands each what concerns it, shares the leases out among them, and says what
/// follows from all of them. One that fails holds up no other. It has no clock, no randomness and no I/O.
class partitioned_commit {
public:
  using moment = std::chrono::steady_clock::time_point;
  /// How long acknowledgements wait at most for something to be stored with, and how many of a partition: a unit of
  /// work for one alone costs as much as one that stores. A process that is killed delivers again what waited.
  static constexpr milliseconds ack_wait{5};
  static constexpr std::size_t most_acks_waiting = 16;

  /// As of `group_commit`.
  partitioned_commit(const options&, bool is_shared, const std::string& incarnation);

  /// As of `group_commit`.
  void store(const std::vector<batch_ptr>&);
  void settle(const std::vector<settlement>&, moment at);
  void pull(std::size_t capacity, const std::vector<leased_batch>& leased);
  void set_capacity(std::size_t capacity);
  void set_attached(bool attached);
  bool is_attached() const noexcept { return parts_.front().commit.is_attached(); }
  void extend_leases();
  void look(look_for what) { search_ = {.what = std::move(what)}; }
  void redirect(const std::string& fingerprint);
  void note_health(delivery_health);
  /// An operator ends the pause of the queue.
  void resume();
  /// Every partition is to be looked at, for what has become due in it or was done to it by others.
  void look_at_all();

  /// What is to be applied now; none if there is nothing to do. `now`: the caller's clock; `at`: one that only passes.
  std::vector<unit_of_work> next(store_time now, moment at);
  /// That is what came of each. `unit_random` gives a number in [0, 1], as of `group_commit`.
  effects came_of(const std::vector<unit_of_work>&, const std::vector<work_result>&, moment at,
                  const std::function<double()>& unit_random);

  /// Units of work of every partition fail; the next must wait for as long as `effects::again` said.
  bool is_failing() const;
  /// When the next retry is due, as far as is known.
  std::optional<store_time> next_due() const;
  /// Batches that are not stored yet.
  std::size_t waiting() const;

private:
  struct part {
    group_commit commit;
    /// It has something to do.
    bool is_due = true;
    /// It may have more that is ready.
    bool is_hungry = true;
    /// When it is to go on by itself.
    std::optional<moment> again{};
  };
  /// What the buffer looks for, and what the partitions that were asked have said of it.
  struct search {
    look_for what{};
    bool is_asked = false;
    std::vector<looked_for> said{};
  };

  part& part_of(std::string_view id) { return parts_[partition_of(id, parts_.size())]; }
  /// The list of each partition.
  template <class T, class IdOf>
  std::vector<std::vector<T>> divided(const std::vector<T>&, IdOf) const;
  static bool may_go_on(const part&, moment at);
  static bool wants_more(const part&);
  std::size_t leased_by_others(const std::vector<unit_of_work>&) const;
  std::size_t free_slots(const std::vector<unit_of_work>&) const;
  void share_slots(std::vector<unit_of_work>&);
  effects came_of(const unit_of_work&, const work_result&, moment at, const std::function<double()>& unit_random);
  bool may_ask() const;
  void ask();
  std::optional<looked_for> answer();

  const bool one_at_a_time_;
  const std::shared_ptr<queue_pause> pause_;
  std::vector<part> parts_;
  std::size_t capacity_ = 0;
  bool buffer_has_spoken_ = false;
  /// The partition that is the first to be given a lease.
  std::size_t turn_ = 0;
  std::optional<search> search_;
  /// When the next retry is due, as it was said last.
  std::optional<store_time> said_due_;
};

} // namespace sluice
