#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "store/sqlite/in_place.hpp"
#include "store/sqlite/queue.hpp"

namespace sluice {

/// A queue in an SQLite file that this process only enqueues into, whether another one processes it or not. It takes no
/// lock, and ignores every part of a unit of work but enqueues and `look_for`. The units of work of a call are one
/// transaction.
class sqlite_enqueuer : public store {
public:
  /// Opens or makes the file. `fingerprint` says where its batches go. Errors: `not_a_queue`, also for a file that was
  /// made with another number of partitions, `other_destination`, `store_failed`. A unit of work fails with
  /// `other_destination`, too, once the queue has been given another one, and with `not_a_queue` once it has another
  /// number of partitions.
  static result<std::unique_ptr<store>> open(const std::string& name, const options&, const std::string& fingerprint);

  work_result apply(const unit_of_work&) override;
  std::vector<work_result> apply_all(const std::vector<unit_of_work>&) override;
  bool durable() const noexcept override { return true; }
  bool shared() const noexcept override { return true; }

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
  using units = std::span<const unit_of_work>;

  sqlite_enqueuer(std::string path, sqlite_db db, sqlite_queue admin, const options&, std::string fingerprint);
  result<std::vector<work_done>> apply_units(units);
  result<std::vector<work_done>> enqueue(units);
  void put(const unit_of_work&, work_done&);
  bool has_room_for(units) const;

  const std::string path_;
  sqlite_db db_;
  sqlite_queue admin_;
  /// Their bounds are those of a partition.
  const options settings_;
  const std::string fingerprint_;
  const files_in_place files_;
};

} // namespace sluice
