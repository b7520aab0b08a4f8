#pragma once

#include "sluice/options.hpp"
#include "sluice/store.hpp"
#include "store/sqlite/queue.hpp"

namespace sluice {

/// What the units of work of a transaction have in common.
struct sqlite_unit_scope {
  sqlite_db& db;
  /// Their bounds are those of one partition.
  const options& limits;
  sqlite_pause pause{};
  /// The disk has room for new batches.
  bool may_grow = true;
};

/// What a unit of work did.
struct sqlite_unit_done {
  /// The answer; `buried` and `ended` have what this unit adds to what was before.
  work_done answer{};
  /// Of the partition, after it.
  sqlite_totals totals{};
  /// A batch was put in.
  bool grew = false;
};

/// Applies a unit of work to its partition, within the caller's transaction; but for the queue's fingerprint, pause and
/// health, which span the partitions.
sqlite_unit_done apply_unit(const sqlite_unit_scope&, const unit_of_work&);

/// Leases that no process holds any more go back to their places, in every partition. `crashed`: that is counted.
void take_back_all(sqlite_db&, bool crashed);

} // namespace sluice
