#pragma once

#include <string>

#include "sluice/store.hpp"

namespace sluice {

/// How far a moment is from now, in a readable form: `45s`, `3m`, `2h`, `5d`.
std::string age_of(store_time);

} // namespace sluice
