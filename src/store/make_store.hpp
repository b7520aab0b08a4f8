#pragma once

#include <memory>

#include "sluice/options.hpp"
#include "sluice/store.hpp"
#include "store/repartition.hpp"

namespace sluice {

/// The store that the options ask for, to process it or only to enqueue. Errors: what its `open` says.
result<std::unique_ptr<store>> make_store(const options&);

/// A queue to look into and to tend, which another process may be processing. Errors: as above, and `unsupported` for
/// one that no other process can see.
result<std::unique_ptr<queue_admin>> make_queue_admin(const options&);

/// Gives a queue that is there, and that no process uses, as many partitions as the options say. What waits in it keeps
/// its place and attempts; with `ordering = per_user` its batches are divided by user. May be repeated after an
/// error, with the same number. Errors: `queue_taken`, `not_a_queue`, `store_failed`; `unsupported` as above.
result<repartition_done> repartition(const options&);

} // namespace sluice
