#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/wire/payload.hpp"
#include "sluice/batch.hpp"

namespace sluice {

/// A batch, or a part of one, and the partition that it belongs to.
struct batch_part {
  std::size_t partition = 0; ///< From 0.
  batch content{};           ///< Its id says the same partition.
};

/// Returns the id of what becomes of a batch in a partition: always the same, and of nothing else. Its number says the
/// partition, and it stands where the batch's id did among others, so that halves stay in their order. It may be too
/// long for an id.
std::string id_of_part(const std::string& id, std::size_t partition);

/// Returns a batch as a whole, with the partition that its id says.
std::vector<batch_part> undivided(const batch&, std::size_t partitions);

/// Says to which partition a batch, or a part of it, belongs when its queue gets another number of partitions. It says
/// the same at any time, also of the parts that it has made. For use by one thread.
class batch_divider {
public:
  /// `by_user`: the queue keeps the order of each user's events, so that a batch is divided by user.
  batch_divider(std::size_t partitions, bool by_user) : partitions_{partitions}, by_user_{by_user} {}

  /// Returns the parts that take the place of a batch: each with a part of its events, in their order. A batch that
  /// belongs to the partition that its id says keeps its id. So does one that cannot be divided because it is damaged,
  /// or because the ids of its parts would be too long.
  std::vector<batch_part> parts_of(const batch& whole, std::chrono::system_clock::time_point now);

private:
  std::vector<std::uint8_t> partitions_of_events(const batch& whole) const;

  const std::size_t partitions_;
  const bool by_user_;
  payload_sealer sealer_;
};

} // namespace sluice
