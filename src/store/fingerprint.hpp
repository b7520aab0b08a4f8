#pragma once

#include <string>

#include "sluice/options.hpp"

namespace sluice {

/// Identifies where the batches of a queue go, without the key: a SHA-256 of URL and write key, 32 hex digits.
std::string fingerprint_of(const options&);

} // namespace sluice
