#pragma once

#include "actors/handles.hpp"
#include "sluice/store.hpp"

/// Answers operators' questions about dead letters from the store.
namespace sluice {

caf::result<dead_page> answer(store&, const list_dead&);
caf::result<dead_entry> answer(store&, const show_dead&);

} // namespace sluice
