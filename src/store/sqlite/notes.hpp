#pragma once

#include <string>
#include <vector>

#include "sluice/store.hpp"
#include "store/sqlite/database.hpp"

namespace sluice {

/// As `queue_admin::notes`.
std::vector<queue_note> read_notes(sqlite_db&, const std::string& prefix);

/// As `queue_admin::put_note`, in a transaction of its own.
result<bool> put_note(sqlite_db&, const queue_note&, const std::string& was);

} // namespace sluice
