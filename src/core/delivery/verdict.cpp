#include "core/delivery/verdict.hpp"

#include <memory>
#include <string>
#include <utility>

#include "core/delivery/retry.hpp"

namespace sluice {

namespace {

lease lease_on(const leased_batch& b) {
  return {b.content->id, b.fence};
}

verdict try_again(const leased_batch& b, const ended_attempt& end, const retry_options& o, bool counted) {
  const auto& why = end.found.why;
  const int attempts = b.attempts + (counted ? 1 : 0);
  switch (reached_limit(o, attempts, b.age + std::chrono::floor<milliseconds>(end.leased_for))) {
  case retry_limit::max_attempts:
    return undeliverable{lease_on(b),
                         {why.status, "gave up after " + std::to_string(attempts) + " attempts: " + why.reason}};
  case retry_limit::max_age:
    return undeliverable{lease_on(b), {why.status, "gave up at the age of retry.max_age: " + why.reason}, true};
  case retry_limit::none:
    break;
  }
  if (counted)
    return attempt_failed{lease_on(b), attempts, why, end.asked};
  // A batch that failed while the destination was known to be unavailable is not to blame. It comes back after the
  // probe, so that another batch is that probe: if this one keeps the destination from answering, the others show it.
  const auto delay = std::chrono::ceil<milliseconds>(end.until_probe) + milliseconds{1};
  return defer{lease_on(b), delay, why};
}

verdict halve(const leased_batch& b, const ended_attempt& end, payload_sealer& sealer) {
  const auto first_events = b.content->events / 2;
  auto halves = split_payload(*b.content->payload, first_events, sealer, end.now);
  if (!halves)
    return undeliverable{lease_on(b), end.found.why};
  const auto half = [&](const char* suffix, std::uint32_t events, payload_ptr payload) {
    return std::make_shared<const batch>(
        batch{.id = b.content->id + suffix, .events = events, .payload = std::move(payload)});
  };
  return split{lease_on(b), half(".0", first_events, std::move(halves->first)),
               half(".1", b.content->events - first_events, std::move(halves->second))};
}

} // namespace

verdict judge(const leased_batch& b, const ended_attempt& end, const options& o, payload_sealer& sealer) {
  switch (end.found.what) {
  case outcome::delivered:
    return ack{lease_on(b)};
  case outcome::retryable:
    return try_again(b, end, o.retry, true);
  case outcome::unreachable:
    if (end.before == health::misconfigured) // A suspended batch keeps its place, so that it goes on at once.
      break;
    return try_again(b, end, o.retry, end.after == health::healthy);
  case outcome::throttled:
    return try_again(b, end, o.retry, end.before == health::healthy);
  case outcome::splittable:
    return halve(b, end, sealer);
  case outcome::permanent:
    return undeliverable{lease_on(b), end.found.why};
  case outcome::misconfigured:
  case outcome::cancelled:
    break;
  }
  return release{lease_on(b)};
}

verdict judge_malformed(const leased_batch& b, const error& why) {
  return undeliverable{lease_on(b), {0, "malformed payload: " + why.message}};
}

} // namespace sluice
