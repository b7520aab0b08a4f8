#pragma once

#include <string>

#include "sluice/store.hpp"

namespace sluice {

/// A place in the order of dead letters: behind one that died then, with that id.
struct dead_cursor {
  store_time died{};
  std::string id{};
};

/// Where a listing goes on after `d`, as `queue_admin::list_dead` takes it.
std::string cursor_of(const dead_letter& d);

/// Reads one; empty text is the place before all. Errors: `unknown_batch`.
result<dead_cursor> parse_dead_cursor(const std::string& text);

} // namespace sluice
