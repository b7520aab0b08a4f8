#pragma once

#include <cstdint>

#include "harness/benches.hpp"

namespace sluice::bench {

/// Where the time of an event goes, in ns of its one thread.
struct floor_costs {
  double write = 0, compress = 0, store = 0, post = 0;
};

/// The same bytes with no actors and no library of ours: one thread writes the same JSON, compresses it, gives the
/// store the same commands, and posts over one kept-alive socket. Gives events a second.
double run_floor(workbench&, const setting&, std::int64_t events, floor_costs&);

} // namespace sluice::bench
