#pragma once

#include <cstdint>

namespace sluice::bench {

/// How often the calling thread has allocated memory since it began.
std::uint64_t allocations() noexcept;

} // namespace sluice::bench
