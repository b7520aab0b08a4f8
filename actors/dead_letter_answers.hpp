#pragma once

#include "actors/handles.hpp"
#include "sluice/store.hpp"

/// Answers operators' questions about dead letters from the store.
namespace sluice {

caf::result<dead_page> answer(store&, const list_dead&);
caf::result<dead_entry> answer(store&, const show_dead&);
caf::result<dead_count> answer(store&, const replay_dead&);
caf::result<dead_count> answer(store&, const purge_dead&);

} // namespace sluice
