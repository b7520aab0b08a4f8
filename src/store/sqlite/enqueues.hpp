#pragma once

#include <cstdint>
#include <string>

#include "sluice/options.hpp"
#include "sluice/store.hpp"
#include "store/sqlite/queue.hpp"

namespace sluice {

/// Checks that the queue is for a destination, or for none yet. Within the caller's transaction. Errors:
/// `other_destination`.
result<void> check_destination(sqlite_db&, const std::string& fingerprint);

/// Checks that the queue is for a destination, or gives it that one if it is new or `adopt` is set. Errors:
/// `other_destination`.
result<void> claim_destination(sqlite_db&, const std::string& fingerprint, bool adopt);

void write_fingerprint(sqlite_db&, const std::string& fingerprint);

/// What became of a batch that was to be put into the file.
enum class put_outcome : std::uint8_t { put_in, was_there, refused };

/// Puts the new batches of one unit of work into its partition, in their order, within the caller's transaction.
class sqlite_enqueues {
public:
  /// Borrows everything. `limits` and `totals`: those of the partition. `is_full`: the disk has no room for new
  /// batches.
  sqlite_enqueues(sqlite_db& db, const queue_options& limits, const unit_of_work& work, sqlite_totals& totals,
                  bool is_full = false);

  /// Puts the next one, in flight with the first fence, or ready.
  put_outcome put(const batch&, sqlite_state);

private:
  sqlite_db& db_;
  const queue_options& limits_;
  const unit_of_work& work_;
  sqlite_totals& totals_;
  /// A batch was refused: so is what comes behind it.
  bool full_;
  /// Where the next batch is restored to.
  std::int64_t restored_place_ = 0;
};

} // namespace sluice
