#pragma once

#include <string>

#include "sluice/error.hpp"
#include "sluice/options.hpp"
#include "store/sqlite/database.hpp"

namespace sluice {

/// Whether a file that is not there, or is empty, is made.
enum class when_missing : std::uint8_t { create, refuse };

/// The one name of the file that `name` leads to, or would make: absolute, without symbolic links. Errors:
/// `not_a_queue` for what is no regular file, and for a file with other hard links, by which another process could
/// process it; `store_failed`.
result<std::string> path_of_queue(const std::string& name);

/// Opens a queue file, named by `path_of_queue`. A file that is something else, is damaged, or is of another version is
/// refused and left as it is. Errors: `not_a_queue`, `store_failed`.
result<sqlite_db> open_sqlite_file(const std::string& path, sqlite_durability, when_missing);

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
