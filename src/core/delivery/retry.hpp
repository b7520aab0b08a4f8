#pragma once

#include <cstdint>
#include <optional>

#include "sluice/options.hpp"

namespace sluice {

/// Whether a batch that has failed is tried again. `age`: since it was stored.
enum class retry_verdict : std::uint8_t { again, exhausted, expired };
retry_verdict judge_retry(const retry_options&, int failed_attempts, milliseconds age) noexcept;

/// What a server's `Retry-After` asks for, capped.
std::optional<milliseconds> capped(const retry_options&, std::optional<milliseconds> asked) noexcept;

/// How long to wait after the `failed_attempts`-th attempt failed. Full jitter: uniform in
/// [0, min(cap, base * 2^(n-1))], never below what the server asked for. `unit_random` is in [0, 1].
milliseconds retry_delay(const retry_options&, int failed_attempts, double unit_random,
                         std::optional<milliseconds> asked) noexcept;

} // namespace sluice
