#pragma once

#include "sluice/error.hpp"
#include "sluice/options.hpp"
#include "store/repartition.hpp"

namespace sluice {

/// Gives a queue in Redis as many partitions as the options say, a few batches at a time, each as a whole: it is stored
/// in its new partition, as safely as the options ask for, before it leaves the old one. With `ordering = per_user`
/// batches are divided by user. From the first change to the last no process can use the queue. What was cut short goes
/// on where it was when it is called again. Errors: `queue_taken` while a process uses the queue, or may;
/// `not_a_queue`, also if an earlier call was for another number; `store_failed`.
result<repartition_done> repartition_redis(const redis_options& where, const options&);

} // namespace sluice
