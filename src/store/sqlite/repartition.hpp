#pragma once

#include <string>

#include "sluice/error.hpp"
#include "sluice/options.hpp"
#include "store/repartition.hpp"

namespace sluice {

/// Gives the queue of a file that is there as many partitions as the options say, in one transaction: as a whole or, if
/// this is killed, not at all. With `ordering = per_user` its batches are divided by user. Errors: `queue_taken` while
/// a process processes the queue; `not_a_queue`; `store_failed`.
result<repartition_done> repartition_sqlite(const std::string& name, const options&);

} // namespace sluice
