#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>

#include "store/sqlite/in_place.hpp"
#include "store/sqlite/lock.hpp"
#include "store/sqlite/queue.hpp"
#include "store/sqlite/reserve.hpp"

namespace sluice {

/// A queue in an SQLite file, processed by one process at a time. A unit of work is one transaction.
class sqlite_store : public store {
public:
  /// Opens or makes the file, takes its lock, and takes back what the last process had in flight.
  /// `fingerprint` says where its batches go. Errors: `queue_taken`, `not_a_queue`, `other_destination`,
  /// `store_failed`.
  static result<std::unique_ptr<store>> open(const std::string& name, const options&, const std::string& fingerprint);

  work_result apply(const unit_of_work&) override;
  bool durable() const noexcept override { return true; }
  void leave() override;
  std::chrono::milliseconds poll_interval() override { return std::chrono::milliseconds{1'000}; }

  result<store_stats> stats() override { return admin_.stats(); }
  result<std::vector<dead_letter>> list_dead(const std::string& after, std::size_t limit) override {
    return admin_.list_dead(after, limit);
  }
  result<dead_letter> show_dead(const std::string& id) override { return admin_.show_dead(id); }
  result<std::uint64_t> replay_dead(const std::vector<std::string>& ids) override { return admin_.replay_dead(ids); }
  result<std::uint64_t> purge_dead(const std::vector<std::string>& ids) override { return admin_.purge_dead(ids); }
  result<void> set_paused(bool paused) override { return admin_.set_paused(paused); }

private:
  /// A batch's row.
  struct row {
    std::int64_t n = 0, place = 0, fence = 0, attempts = 0, events = 0, bytes = 0, enqueued = 0;
    /// Whether its events have reached their first end.
    bool ended = false;
    sqlite_state state{};
  };
  /// What a transaction works on.
  struct transaction_state {
    const unit_of_work& work;
    sqlite_totals totals;
    work_done done{};
    /// The disk has room for new batches.
    bool may_grow = true;
    /// A batch was put in.
    bool grew = false;
    /// Of the process whose work this is: the first ends of its events.
    ended_events ended{};
  };

  sqlite_store(std::string path, file_lock lock, disk_reserve reserve, sqlite_db db, sqlite_queue admin,
               const options& o)
      : path_{std::move(path)}, lock_{std::move(lock)}, reserve_{std::move(reserve)}, db_{std::move(db)},
        admin_{std::move(admin)}, settings_{o} {}

  result<void> begin(const std::string& fingerprint, store_time now);
  void take_over(store_time now);
  work_result apply_with_room(const unit_of_work&);
  work_done attempt(const unit_of_work&, bool may_grow);
  settle_outcome settle(const settlement&, transaction_state&);
  void retry_later(const row&, int counted, std::chrono::milliseconds delay, const failure_note&, transaction_state&);
  settle_outcome settle_bury(const row&, const bury&, transaction_state&);
  settle_outcome settle_split(const row&, const split&, transaction_state&);
  void take_back_all_but(const std::vector<lease>&, transaction_state&);
  bool make_room_for_dead(const row&, transaction_state&);
  void promote(transaction_state&);
  void claim(transaction_state&);
  /// Whether any was ready.
  bool claim_oldest(std::size_t slots, transaction_state&);
  void erase(const row&, sqlite_totals&);
  void die(const row&, int attempts, const failure_note&, store_time now, sqlite_totals&);
  void count_end(const row&, const std::string& id, std::uint64_t& where, const transaction_state&);
  void give_space_back(const transaction_state&);
  /// Gives unused pages back but for `kept`, and `most` at most; whether there were any.
  bool shrink(std::int64_t kept, std::int64_t most);
  std::optional<row> find(const std::string& id);

  const std::string path_;
  std::optional<file_lock> lock_;
  disk_reserve reserve_; // goes after the databases: they leave room for it
  sqlite_db db_;
  sqlite_queue admin_;
  options settings_;
  std::optional<files_in_place> files_;
  /// Since this was opened, of the process whose work it does.
  ended_events ended_{};
  /// What died when this was opened, until it is reported.
  std::vector<store_burial> buried_;
  /// When the file was last made smaller.
  store_time shrunk_{};
};

} // namespace sluice
