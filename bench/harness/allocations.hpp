#pragma once

#include <cstdint>

namespace sluice::bench {

/// Returns how often the calling thread has allocated memory since it started.
std::uint64_t allocations() noexcept;

} // namespace sluice::bench
