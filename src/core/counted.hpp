#pragma once

#include <cstdint>
#include <string>

namespace sluice {

/// Returns a number and what it counts, as in "1 batch" or "2 batches".
inline std::string counted(std::uint64_t n, const char* one, const char* many) {
  return std::to_string(n) + ' ' + (n == 1 ? one : many);
}

} // namespace sluice
