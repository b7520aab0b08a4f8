#pragma once

#include <optional>
#include <random>

#include "actors/alarm.hpp"
#include "actors/context.hpp"
#include "actors/handles.hpp"

namespace sluice {

/// Decides when a failed batch is tried again, and tells the persister when retries are due.
class retry_state {
public:
  static inline const char* name = "sluice.retry";
  using handle = compat::extended<retry_scheduler, void(tick)>;
  using self_pointer = handle::stateful_pointer<retry_state>;

  void start(self_pointer self, context_ptr context);
  handle::behavior_type behavior();

private:
  void meet(const peers& who) { peers_ = who; }
  void on_failed(const attempt_failed&);
  void on_next_due(const next_due&);
  void on_tick(const tick&);

  void wake_when_due();

  self_pointer self_ = nullptr;
  context_ptr context_;
  peers peers_;
  std::mt19937_64 random_;
  std::optional<store_time> next_due_;
  alarm due_;
};

} // namespace sluice
