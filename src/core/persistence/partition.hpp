#pragma once

#include <cstddef>

#include "sluice/options.hpp"
#include "sluice/store.hpp"

namespace sluice {

/// Returns the options with the bounds of one partition: each has an equal share of the backlog and of the dead
/// letters.
options share_of_partition(options);

/// Returns the partition of a user, of 256 at most. It is the same at any time, in any version.
std::uint8_t partition_of_user(std::string_view user, std::size_t partitions) noexcept;

/// Returns the first number above `last` of a batch that is in this partition of so many.
constexpr std::uint64_t next_number(std::uint64_t last, std::size_t partition, std::size_t partitions) noexcept {
  return last + 1 + (partition + partitions - (last + 1) % partitions) % partitions;
}

} // namespace sluice
