#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "store/sqlite/in_place.hpp"
#include "store/sqlite/lock.hpp"
#include "store/sqlite/queue.hpp"
#include "store/sqlite/reserve.hpp"
#include "store/sqlite/unit.hpp"

namespace sluice {

/// A queue in an SQLite file, processed by one process at a time. The units of work of a call are one transaction: all
/// of them are applied, or none.
class sqlite_store : public store {
public:
  /// Opens or makes the file, takes its lock, and takes back what the last process had in flight.
  /// `fingerprint` says where its batches go. Errors: `queue_taken`, `not_a_queue`, also for a file that was made with
  /// another number of partitions, `other_destination`, `store_failed`.
  static result<std::unique_ptr<store>> open(const std::string& name, const options&, const std::string& fingerprint);

  work_result apply(const unit_of_work&) override;
  std::vector<work_result> apply_all(const std::vector<unit_of_work>&) override;
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
  result<void> replace_dead(const std::string& id, const batch_ptr& by) override { return admin_.replace_dead(id, by); }
  result<queue_page> list_batches(const std::string& after, std::size_t limit) override {
    return admin_.list_batches(after, limit);
  }
  result<std::uint64_t> erase_events(const std::vector<erasure>& all) override { return admin_.erase_events(all); }
  result<void> scrub() override { return admin_.scrub(); }
  result<std::vector<queue_note>> notes(const std::string& prefix) override { return admin_.notes(prefix); }
  result<bool> put_note(const queue_note& note, const std::string& was) override { return admin_.put_note(note, was); }
  result<void> set_paused(bool paused) override { return admin_.set_paused(paused); }

private:
  /// What is kept of a partition between its units of work.
  struct partition_news {
    /// Since this was opened, of the process whose work it does.
    ended_events ended{};
    /// What died when this was opened, until it is reported.
    std::vector<store_burial> buried{};
  };
  using units = std::span<const unit_of_work>;
  using all_done = std::vector<sqlite_unit_done>;

  sqlite_store(std::string path, file_lock lock, disk_reserve reserve, sqlite_db db, sqlite_queue admin,
               const options& o);

  result<void> begin(const std::string& fingerprint, store_time now);
  void take_over(store_time now);
  void bury_poison(store_time now);
  result<all_done> apply_units(units);
  result<all_done> apply_with_room(units);
  all_done attempt(units, bool may_grow);
  sqlite_pause apply_to_queue(units);
  void report_news(const unit_of_work&, work_done&);
  void give_space_back(units, const all_done&);
  /// Gives unused pages back but for `kept`, and `most` at most; whether there were any.
  bool shrink(std::int64_t kept, std::int64_t most);

  const std::string path_;
  std::optional<file_lock> lock_;
  disk_reserve reserve_; // goes after the databases: they leave room for it
  sqlite_db db_;
  sqlite_queue admin_;
  /// Their bounds are those of a partition.
  const options settings_;
  std::optional<files_in_place> files_;
  std::vector<partition_news> news_;
  /// When the file was last made smaller.
  store_time shrunk_{};
};

} // namespace sluice
