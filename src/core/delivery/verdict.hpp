#pragma once

#include <chrono>
#include <optional>
#include <variant>

#include "core/delivery/destination.hpp"
#include "core/delivery/outcome.hpp"
#include "core/wire/payload.hpp"
#include "sluice/options.hpp"
#include "sluice/store.hpp"

namespace sluice {

/// This attempt failed, another may help: the retry scheduler says when.
struct attempt_failed {
  sluice::lease lease{};
  /// This one included.
  int attempts = 0;
  failure_note why{};
  /// The server's `Retry-After`, capped.
  std::optional<milliseconds> asked{};
};

/// No attempt can help, or none is left: the batch becomes a dead letter.
struct undeliverable {
  sluice::lease lease{};
  failure_note why{};
  /// It was too old.
  bool expired = false;
};

/// What becomes of a batch: it is settled, the retry scheduler delays it, or the dead-letter actor buries it.
using verdict = std::variant<settlement, attempt_failed, undeliverable>;

/// An attempt that has ended, and the destination around it.
struct ended_attempt {
  classification found{};
  /// The server's `Retry-After`, capped.
  std::optional<milliseconds> asked{};
  /// The health of the destination without this outcome, and with it.
  health before = health::healthy;
  health after = health::healthy;
  /// How long it is until the next probe; zero if none is waited for.
  std::chrono::nanoseconds until_probe{0};
  /// How long the lease has lasted.
  std::chrono::nanoseconds leased_for{0};
  /// Wall time.
  std::chrono::system_clock::time_point now{};
};

/// The verdict on a batch after an attempt. The sealer makes the payloads of its halves, if it is split.
verdict judge(const leased_batch&, const ended_attempt&, const options&, payload_sealer&);

/// The verdict on a batch that was not sent, because its payload is malformed.
verdict judge_malformed(const leased_batch&, const error& why);

} // namespace sluice
