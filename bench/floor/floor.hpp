#pragma once

#include <cstdint>

#include "harness/benches.hpp"

namespace sluice::bench {

/// How the time of an event is spent, in ns of the one thread.
struct floor_costs {
  double write = 0, compress = 0, store = 0, post = 0;
};

/// Does the same work without actors and without this library: one thread writes the same JSON, compresses it, sends
/// the store the same commands, and posts over one kept-alive socket. Returns events per second.
double run_floor(workbench&, const setting&, std::int64_t events, floor_costs&);

} // namespace sluice::bench
