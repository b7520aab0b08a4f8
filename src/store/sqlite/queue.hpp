#pragma once

#include <string>

#include "sluice/options.hpp"
#include "sluice/store.hpp"
#include "store/sqlite/database.hpp"

namespace sluice {

/// The numbers of a batch's state in the file.
enum class sqlite_state : std::int64_t { ready = 0, in_flight = 1, retry = 2, dead = 3 };

/// A partition's row of totals, read and written once a unit of work.
struct sqlite_totals {
  std::int64_t stored = 0, delivered = 0, purged = 0;
  std::int64_t ready = 0, in_flight = 0, retry = 0, dead = 0;
  std::int64_t backlog_bytes = 0, dead_bytes = 0;
  std::int64_t next_place = 1, erased = 0;

  friend bool operator==(const sqlite_totals&, const sqlite_totals&) = default;

  /// The counter of a state.
  std::int64_t& in(sqlite_state);
  /// Moves a batch from one state to another.
  void move(sqlite_state from, sqlite_state to, std::int64_t events, std::int64_t bytes);
  /// A batch comes.
  void add(sqlite_state to, std::int64_t events, std::int64_t bytes);
  /// A batch goes.
  void remove(sqlite_state from, std::int64_t events, std::int64_t bytes);
};

sqlite_totals read_totals(sqlite_db&, std::int64_t partition);
void write_totals(sqlite_db&, std::int64_t partition, const sqlite_totals&);

/// Returns the sums of all partitions; `next_place` means nothing there.
sqlite_totals sum_of_totals(sqlite_db&);

struct sqlite_batch;

/// Whether the queue is paused, and when an operator resumed it, if it is not.
struct sqlite_pause {
  bool paused = false;
  std::optional<store_time> resumed{};
};
sqlite_pause read_pause(sqlite_db&);
void write_pause(sqlite_db&, const sqlite_pause&);

/// How the deliveries of the process go, and when it said so; empty: it has said nothing yet.
void write_health(sqlite_db&, const delivery_health&, std::optional<store_time> said);

/// What operators do to a queue in a file, beside the process that processes it, however many partitions it has.
class sqlite_queue : public queue_admin {
public:
  /// Opens the queue of a file that is there. Errors: those of `path_of_queue` and `open_sqlite_file`.
  static result<sqlite_queue> open(const std::string& name, sqlite_durability);

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
  std::optional<std::int64_t> partition_in(const std::string& id);
  /// A batch keeps only a part of its events.
  void shrink(const sqlite_batch&, const batch& rest, sqlite_totals&);
  sqlite_queue(sqlite_db db, std::string path) : db_{std::move(db)}, path_{std::move(path)} {}
  template <class Change>
  result<std::uint64_t> change_dead(const std::vector<std::string>& ids, Change);

  sqlite_db db_;
  std::string path_;
};

} // namespace sluice
