#pragma once

#include <memory>

#include "sluice/options.hpp"
#include "sluice/store.hpp"

namespace sluice {

/// The store that the options ask for, to process it or only to enqueue. Errors: what its `open` says.
result<std::unique_ptr<store>> make_store(const options&);

/// A queue to look into and to tend, which another process may be processing. Errors: as above, and `unsupported` for
/// one that no other process can see.
result<std::unique_ptr<queue_admin>> make_queue_admin(const options&);

} // namespace sluice
