#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/wire/payload.hpp"
#include "sluice/batch.hpp"
#include "sluice/options.hpp"

namespace sluice {

/// A batch that is ready, and its place in its partition.
struct placed_batch {
  std::int64_t place = 0;
  /// Without a payload if it is to stay as it is.
  batch content{};
};

/// A batch that takes the place of several that stand one behind another: that of the first.
struct joined_batches {
  std::size_t first = 0; ///< The index of the first of them.
  std::size_t count = 0; ///< How many; at least two.
  batch content{};       ///< All of their events, in their order.
};

/// Returns what batches of one partition, in their order, become if as many of them are put together as the bounds of a
/// batch in the options permit. One that is damaged, or whose id would become too long, is left out. `others`: the
/// places of the batches of the partition that are in retry or in flight, sorted; nothing is put together across one of
/// them.
std::vector<joined_batches> join(const std::vector<placed_batch>& in_order, const std::vector<std::int64_t>& others,
                                 std::size_t partition, const options&, payload_sealer&,
                                 std::chrono::system_clock::time_point now);

} // namespace sluice
