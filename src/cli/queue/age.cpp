#include "cli/queue/age.hpp"

#include <cstdlib>

namespace sluice {

std::string age_of(store_time t) {
  using namespace std::chrono;
  const auto away = std::abs(duration_cast<seconds>(system_clock::now() - t).count());
  if (away < 60)
    return std::to_string(away) + "s";
  if (away < 3'600)
    return std::to_string(away / 60) + "m";
  if (away < 86'400)
    return std::to_string(away / 3'600) + "h";
  return std::to_string(away / 86'400) + "d";
}

} // namespace sluice
