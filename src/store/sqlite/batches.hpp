#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sluice/store.hpp"
#include "store/sqlite/queue.hpp"

namespace sluice {

/// The row of a batch in the file.
struct sqlite_batch {
  std::int64_t n = 0, place = 0, fence = 0, attempts = 0, events = 0, bytes = 0, enqueued = 0;
  /// Whether its events have reached their first end.
  bool ended = false;
  sqlite_state state{};
};

/// The row of a batch that is not in the file yet.
struct sqlite_new_batch {
  std::int64_t partition = 0, place = 0, enqueued = 0;
  /// Whether its events have reached their first end.
  bool ended = false;
  sqlite_state state{};
};

// Each is for the caller's transaction, and changes the totals of the batch's partition with it.

/// Returns the row of a batch, if it is in this partition.
std::optional<sqlite_batch> find(sqlite_db&, std::int64_t partition, const std::string& id);

/// Puts a batch into the file.
void insert(sqlite_db&, const batch& content, const sqlite_new_batch&, sqlite_totals&);

/// Removes a batch and its body.
void erase(sqlite_db&, const sqlite_batch&, sqlite_totals&);

/// Makes a batch a dead letter.
void die(sqlite_db&, const sqlite_batch&, int attempts, const failure_note&, store_time now, sqlite_totals&);

/// Returns what the file has of a batch and of what splits have made of it.
presence presence_of(sqlite_db&, const std::string& id);

/// Returns whether the file has a batch or a part of it, or had what was erased of it.
bool is_here(sqlite_db&, const std::string& id);

} // namespace sluice
