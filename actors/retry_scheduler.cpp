#include "actors/retry_scheduler.hpp"

#include "core/delivery/retry.hpp"

namespace sluice {

namespace {

// How long to wait before the persister is told again that retries are due.
constexpr std::chrono::seconds reminder{1};

} // namespace

void retry_state::start(self_pointer self, context_ptr context) {
  self_ = self;
  context_ = std::move(context);
  random_.seed(context_->seed);
}

void retry_state::on_failed(const attempt_failed& m) {
  const double chance = std::uniform_real_distribution<double>{0.0, 1.0}(random_);
  const auto delay = retry_delay(context_->settings.retry, m.attempts, chance, m.asked);
  compat::send(self_, peers_.table->persister, settle{{nack{m.lease, delay, m.why}}});
}

void retry_state::on_next_due(const next_due& m) {
  next_due_ = m.when;
  wake_when_due();
}

void retry_state::on_tick(const tick& t) {
  if (!due_.rings(t) || !next_due_)
    return;
  if (*next_due_ > context_->now())
    return wake_when_due();
  // Only the persister's answer clears it: this message may be lost, or be too early by the store's own clock.
  compat::send(self_, peers_.table->persister, promote_due{});
  due_.set(self_, self_->clock().now() + reminder);
}

void retry_state::wake_when_due() {
  if (next_due_)
    due_.set(self_, self_->clock().now() + std::max(*next_due_ - context_->now(), milliseconds{0}));
}

retry_state::handle::behavior_type retry_state::behavior() {
  return {[this](const peers& m) { meet(m); }, [this](const attempt_failed& m) { on_failed(m); },
          [this](const next_due& m) { on_next_due(m); }, [this](const tick& m) { on_tick(m); }};
}

} // namespace sluice
