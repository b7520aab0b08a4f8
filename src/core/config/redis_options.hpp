#pragma once

#include <vector>

#include "sluice/options.hpp"

namespace sluice {

/// Returns every error in how Redis is reached, each an `errc::invalid_option` with the option's full name: options
/// that contradict one another, files that cannot be read. Reads the files. The ranges of numbers are checked by
/// `validate`.
std::vector<error> check_redis(const redis_options&);

} // namespace sluice
