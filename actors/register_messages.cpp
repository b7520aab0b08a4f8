#include "sluice/actors.hpp"

namespace sluice {

namespace {

// CAF 1.x wants to know all types before the first configuration is made; 0.17 is told by each.
[[maybe_unused]] const bool registered = SLUICE_REGISTERED_AT_START;

} // namespace

void register_messages(caf::actor_system_config& config) {
  compat::register_types<caf::id_block::sluice, errc>(config);
}

} // namespace sluice
