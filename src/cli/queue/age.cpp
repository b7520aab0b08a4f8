#include "cli/queue/age.hpp"

#include <cstdlib>

namespace sluice {

std::string age_of(store_time t) {
  using namespace std::chrono;
  // In seconds, because a store may hold moments that no clock shows.
  const auto elapsed = std::abs((floor<seconds>(system_clock::now()) - floor<seconds>(t)).count());
  if (elapsed < 60)
    return std::to_string(elapsed) + "s";
  if (elapsed < 3'600)
    return std::to_string(elapsed / 60) + "m";
  if (elapsed < 86'400)
    return std::to_string(elapsed / 3'600) + "h";
  return std::to_string(elapsed / 86'400) + "d";
}

} // namespace sluice
