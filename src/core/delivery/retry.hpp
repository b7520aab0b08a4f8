#pragma once

#include <cstdint>
#include <optional>

#include "sluice/options.hpp"

namespace sluice {

/// What keeps a batch that has failed from another attempt.
enum class retry_limit : std::uint8_t { none, max_attempts, max_age };

/// Returns the limit that a batch has reached. `age` begins when it was stored.
retry_limit reached_limit(const retry_options&, int failed_attempts, milliseconds age) noexcept;

/// Returns what a server's `Retry-After` asks for, at most `retry.retry_after_cap`.
std::optional<milliseconds> capped(const retry_options&, std::optional<milliseconds> asked) noexcept;

/// Returns how long to wait after the `failed_attempts`-th attempt failed. Full jitter: uniform in
/// [0, min(cap, base * 2^(n-1))], never below `asked`. `unit_random` is in [0, 1].
milliseconds retry_delay(const retry_options&, int failed_attempts, double unit_random,
                         std::optional<milliseconds> asked) noexcept;

} // namespace sluice
