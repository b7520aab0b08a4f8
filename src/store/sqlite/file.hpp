#pragma once

#include <string>

#include "sluice/error.hpp"
#include "sluice/options.hpp"
#include "store/sqlite/database.hpp"

namespace sluice {

/// Whether a file that is not there is made.
enum class when_missing : std::uint8_t { create, refuse };

/// Opens a queue file and brings it to the present schema. A file that is something else, is damaged, or is of a
/// newer version is refused and left as it is. Errors: `not_a_queue`, `store_failed`.
result<sqlite_db> open_sqlite_file(const std::string& path, sqlite_durability, when_missing);

/// The error that a failure inside of the store becomes.
error to_error(const sqlite_failure&);

} // namespace sluice
