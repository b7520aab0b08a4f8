#include "sluice/actors.hpp"

namespace sluice {

void register_messages(caf::actor_system_config& config) {
  compat::register_types<caf::id_block::sluice, errc>(config);
}

} // namespace sluice
