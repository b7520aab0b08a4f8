#pragma once

#include <chrono>

namespace sluice {

/// What cannot be buried or split for want of room is tried again after this.
inline constexpr std::chrono::milliseconds no_room_delay{60'000};

} // namespace sluice
