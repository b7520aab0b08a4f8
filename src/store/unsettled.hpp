#pragma once

#include <algorithm>
#include <vector>

#include "sluice/store.hpp"

namespace sluice {

/// What a process that only enqueues is answered to settlements: no lease is its own, so nothing changes.
inline std::vector<settle_outcome> unsettled(const std::vector<settlement>& all) {
  std::vector<settle_outcome> outcomes(all.size());
  std::transform(all.begin(), all.end(), outcomes.begin(),
                 [](const settlement& s) { return lease_of(s) ? settle_outcome::stale : settle_outcome::applied; });
  return outcomes;
}

} // namespace sluice
