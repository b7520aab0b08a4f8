#pragma once

#include <string>

#include "sluice/store.hpp"

namespace sluice {

/// Returns the distance of a moment from now: `45s`, `3m`, `2h`, `5d`.
std::string age_of(store_time);

} // namespace sluice
