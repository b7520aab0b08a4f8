#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "sluice/error.hpp"
#include "sluice/options.hpp"
#include "store/sqlite/database.hpp"

namespace sluice {

/// The one name of the file that `name` leads to, or would make: absolute, without symbolic links. Errors:
/// `not_a_queue` for what is no regular file, and for a file with other hard links, by which another process could
/// process it; `store_failed`.
result<std::string> path_of_queue(const std::string& name);

/// Returns whether there is a queue file, named by `path_of_queue`; one that is empty is none yet. What is not right is
/// left as it is. Errors: `not_a_queue` for a file that is something else, is damaged, is of another version, or was
/// made with another number of partitions, if one is given; `store_failed`.
result<bool> find_sqlite_file(const std::string& path, std::optional<std::size_t> partitions = {});

/// Opens a queue file that is there. Errors: as above.
result<sqlite_db> open_sqlite_file(const std::string& path, sqlite_durability);

/// Returns in how many partitions the queue is.
std::size_t count_partitions(sqlite_db&);

/// Checks that they are so many. Errors: `not_a_queue`.
result<void> check_partitions(sqlite_db&, std::size_t);

/// Changes that, within the caller's transaction; that there are totals for them is the caller's affair. Other
/// processes learn of it once the log is in the file.
void set_partitions(sqlite_db&, std::size_t);

/// Opens a queue file that has as many partitions as the options say; makes it if there is none. Errors: as above.
result<sqlite_db> make_sqlite_file(const std::string& path, const options&);

/// The log beside a queue's file, and its size in bytes.
inline std::string log_of(const std::string& path) {
  return path + "-wal";
}
std::uint64_t size_of_log(const std::string& path);

/// Whether the log has grown beyond what the connection that empties it leaves there as it writes: others write.
bool is_log_long(const std::string& path);

/// The error that a failure inside of the store becomes.
error to_error(const sqlite_failure&);

} // namespace sluice
