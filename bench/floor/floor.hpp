#pragma once

#include <cstdint>

#include "floor/store.hpp"
#include "harness/benches.hpp"

namespace sluice::bench {

/// Does the same work without actors and without this library, as well as two threads can: one writes the same JSON and
/// compresses it, the other stores and posts. Nothing waits that need not: what gathers during a round trip to the
/// store is stored by the next, up to 32 batches ahead of the posts, of which up to 8 are under way. The guarantees are
/// those of the library: a batch is stored before it is posted, and removed after its 2xx. Returns the figures of a
/// `meter`.
row run_floor(workbench&, const setting&, floor_commands, std::int64_t events);

} // namespace sluice::bench
