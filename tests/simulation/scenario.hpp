#pragma once

#include <cstddef>

#include "simulation/chance.hpp"
#include "sluice/options.hpp"

namespace sluice::test {

/// What a run is about.
struct scenario {
  options settings;
  /// The store outlives the process, which may then crash and be started again.
  bool durable = false;
  /// Processes at the same time; more than one share the queue.
  std::size_t processes = 1;
  /// An order of deliveries, of all events or of those of a user, and nothing that may change it.
  bool in_order = false;
  /// A request with more events than this is answered with 413.
  std::size_t too_many = 0;
  std::size_t actions = 0;
};

scenario draw_scenario(chance&);

} // namespace sluice::test
