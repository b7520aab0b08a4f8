#pragma once

#include <cstddef>
#include <cstdint>

namespace sluice {

/// What has been done to give a queue another number of partitions.
struct repartition_done {
  std::size_t before = 0;    ///< How many partitions it had.
  std::uint64_t moved = 0;   ///< Batches that are in another partition now, in this run.
  std::uint64_t divided = 0; ///< Batches that have been divided by user, in this run.
};

} // namespace sluice
