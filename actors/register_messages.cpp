#include <caf/io/middleman.hpp>

#include "actors/handles.hpp"

namespace sluice {

namespace {

[[maybe_unused]] const bool registered =
    compat::register_at_start<caf::io::middleman, caf::id_block::sluice, caf::id_block::sluice_local>();

} // namespace

void register_messages(caf::actor_system_config& config) {
  compat::register_types<caf::id_block::sluice, errc>(config);
}

std::string describe(const caf::error& why) {
  const auto own = compat::own_error<errc>(why);
  return own ? to_string(*own) : compat::words_of(why);
}

} // namespace sluice
