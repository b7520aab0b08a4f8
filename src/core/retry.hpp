#pragma once

#include <optional>
#include <string_view>
#include <variant>

#include "sluice/options.hpp"

namespace sluice {

/// Try again after this.
struct retry_after {
  milliseconds delay;
};

/// Do not try again.
struct give_up {};

/// What to do after the `failed_attempts`-th attempt failed. Full jitter: uniform in [0, min(cap, base * 2^(n-1))],
/// never below what the server asked for. `unit_random` is in [0, 1].
std::variant<retry_after, give_up> next_step(const retry_options&, int failed_attempts, double unit_random,
                                             std::optional<milliseconds> server_min);

} // namespace sluice
