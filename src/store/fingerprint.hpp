#pragma once

#include <string>

#include "sluice/options.hpp"

namespace sluice {

/// Says where the batches of a queue go, and tells nobody the key: a SHA-256 of URL and write key, 32 hex digits.
std::string fingerprint_of(const options&);

} // namespace sluice
