#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "sluice/options.hpp"
#include "sluice/store.hpp"

namespace sluice {

/// A partition of a queue in memory. Every operation is O(log n).
class memory_partition : public queue_admin {
public:
  /// Its bounds are those of the options.
  explicit memory_partition(const options&);

  /// As `store::apply`.
  work_done apply(const unit_of_work&);
  result<store_stats> stats() override;
  result<std::vector<dead_letter>> list_dead(const std::string& after, std::size_t limit) override;
  result<dead_letter> show_dead(const std::string& id) override;
  result<std::uint64_t> replay_dead(const std::vector<std::string>& ids) override;
  result<std::uint64_t> purge_dead(const std::vector<std::string>& ids) override;
  result<void> replace_dead(const std::string& id, const batch_ptr& by) override;
  result<queue_page> list_batches(const std::string& after, std::size_t limit) override;
  result<std::uint64_t> erase_events(const std::vector<erasure>&) override;
  result<void> scrub() override;
  result<std::vector<queue_note>> notes(const std::string& prefix) override;
  result<bool> put_note(const queue_note&, const std::string& was) override;
  result<void> set_paused(bool) override;

private:
  enum class state { ready, in_flight, retry, dead };
  /// The order of acceptance; the halves of a split share a number and follow one another by id.
  using place = std::pair<std::int64_t, std::string>;
  struct entry {
    batch_ptr content;
    place at;
    store_time enqueued{};
    state is = state::ready;
    std::uint64_t fence = 0;
    int attempts = 0;
    store_time due{};
    failure_note why{};
    store_time died{};
    /// Whether it has been dead: its events have been counted as ended.
    bool has_ended = false;
  };

  settle_outcome settle(const settlement&, store_time now, work_done&);
  void retry_later(entry&, store_time due, const failure_note&);
  settle_outcome bury_entry(entry&, const bury&, store_time now, work_done&);
  settle_outcome split_entry(entry&, const split&);
  void take_back_all_but(const std::vector<lease>&);
  void promote(store_time now);
  enqueue_outcome enqueue(const batch_ptr&, const unit_of_work&, bool full, std::int64_t& next);
  void claim(const unit_of_work&, work_done&);
  presence look_for(const std::string& id) const;
  void count_end(entry&, std::uint64_t ended_events::*how);

  void move_to(entry&, state);
  entry& insert(batch_ptr, place, store_time enqueued);
  void erase(entry&);
  entry* find(const std::string& id);
  entry* find_dead(const std::string& id);
  bool has_parts(const std::string& id) const;
  static state end_of(const settlement&);
  /// What was erased of a batch whose end its process waits for.
  void note_erased(const entry&, std::uint32_t events);
  void forget_erased(const std::string& incarnation, std::uint64_t first_open);
  std::uint64_t& events_in(state);
  bool has_room_for_dead(const entry&) const;
  template <class F>
  std::uint64_t for_each_dead(const std::vector<std::string>& ids, F);

  const queue_options limits_;
  const dead_letter_options dead_limits_;
  const milliseconds longest_delay_;
  std::unordered_map<std::string, entry> entries_;
  /// The ids of batches that splits have made.
  std::set<std::string> parts_;
  std::optional<store_time> resumed_;
  std::map<std::string, ended_events, std::less<>> ended_;
  /// Events that were erased before their end, by the id of their batch, as long as its process may ask for them.
  std::map<std::string, std::uint32_t> erased_;
  std::map<std::string, std::string> notes_;
  std::set<place> ready_;
  std::set<std::string> in_flight_;
  std::set<std::pair<store_time, std::string>> retry_;
  std::set<std::pair<store_time, std::string>> dead_;
  std::int64_t next_place_ = 1;
  std::size_t backlog_bytes_ = 0;
  std::size_t dead_bytes_ = 0;
  store_stats stats_;
};

} // namespace sluice
