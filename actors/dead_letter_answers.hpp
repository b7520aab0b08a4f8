#pragma once

#include "sluice/actors.hpp"
#include "sluice/store.hpp"

/// What people ask of the dead letters, answered by the store.
namespace sluice {

caf::result<dead_page> answer(store&, const list_dead&);
/// `max_batch_bytes`: what a payload may inflate to.
caf::result<dead_entry> answer(store&, const show_dead&, std::size_t max_batch_bytes);
caf::result<dead_count> answer(store&, const replay_dead&);
caf::result<dead_count> answer(store&, const purge_dead&);

} // namespace sluice
