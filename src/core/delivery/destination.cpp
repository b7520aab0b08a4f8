#include "core/delivery/destination.hpp"

#include <algorithm>
#include <cmath>

namespace sluice {

destination::destination(const options& o)
    : breaker_{o.breaker}, failures_allowed_{std::min(o.breaker.failures, o.retry.max_attempts)},
      misconfigured_probe_{o.breaker.misconfigured_probe}, most_{static_cast<double>(o.max_in_flight)}, limit_{most_},
      slow_from_{most_} {}

std::size_t destination::capacity() const noexcept {
  if (health_ == health::healthy)
    return static_cast<std::size_t>(limit_);
  return probe_at_ ? 0 : 1;
}

void destination::note(outcome what, time now, std::optional<milliseconds> asked, double unit_random) {
  if (what == outcome::cancelled)
    return;
  // What was under way when deliveries stopped changes nothing: the probe decides.
  if (probe_at_) {
    if (what == outcome::throttled && asked)
      probe_at_ = std::max(*probe_at_, now + *asked);
    return;
  }
  switch (what) {
  case outcome::misconfigured:
    return turn(health::misconfigured, now, misconfigured_probe_);
  case outcome::throttled:
    return turn(health::unavailable, now, next_wait(asked, unit_random));
  case outcome::unreachable:
    ++failures_;
    if (health_ == health::misconfigured) // says nothing about the address and the key
      turn(health::misconfigured, now, misconfigured_probe_);
    else if (health_ == health::unavailable || failures_ >= failures_allowed_)
      turn(health::unavailable, now, next_wait(asked, unit_random));
    return;
  default:
    return answered(what == outcome::delivered);
  }
}

void destination::turn(sluice::health next, time now, milliseconds wait) {
  if (health_ == health::healthy) {
    slow_from_ = std::max(1.0, limit_ / 2);
    limit_ = 1;
  }
  health_ = next;
  probe_at_ = now + wait;
}

void destination::answered(bool delivered) {
  health_ = health::healthy;
  failures_ = probes_ = 0;
  if (delivered)
    limit_ = std::min(most_, limit_ + (limit_ < slow_from_ ? 1 : 1 / limit_));
}

milliseconds destination::next_wait(std::optional<milliseconds> asked, double unit_random) {
  const double grown = std::ldexp(static_cast<double>(breaker_.probe.count()), probes_++);
  const double longest = std::min(grown, static_cast<double>(breaker_.probe_cap.count()));
  const milliseconds wait{static_cast<milliseconds::rep>(longest * (0.8 + 0.4 * std::clamp(unit_random, 0.0, 1.0)))};
  return asked ? std::max(wait, *asked) : wait;
}

void destination::tick(time now) {
  if (probe_at_ && *probe_at_ <= now)
    probe_at_.reset();
}

void destination::resume() noexcept {
  health_ = health::healthy;
  probe_at_.reset();
  failures_ = probes_ = 0;
  limit_ = slow_from_ = most_;
}

} // namespace sluice
