#pragma once

#include <string>
#include <vector>

#include "core/wire/batch_id.hpp"
#include "sluice/store.hpp"
#include "store/redis/reply.hpp"

namespace sluice {

/// Appends what a script says of batches that it buried: id, events and reason of each, from element `first` on.
/// Returns whether it can be understood.
inline bool read_burials(redis_value answer, std::size_t first, std::vector<store_burial>& buried) {
  constexpr std::size_t row = 3;
  if (answer.size() < first || (answer.size() - first) % row != 0)
    return false;
  for (std::size_t i = first; i < answer.size(); i += row) {
    const auto events = answer[i + 1].integer();
    if (!is_batch_id(answer[i].text()) || !events)
      return false;
    buried.push_back({.id = std::string{answer[i].text()},
                      .events = static_cast<std::uint32_t>(*events),
                      .why = {.status = 0, .reason = std::string{answer[i + 2].text()}}});
  }
  return true;
}

} // namespace sluice
