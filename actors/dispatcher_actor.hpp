#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "actors/alarm.hpp"
#include "actors/context.hpp"
#include "actors/handles.hpp"
#include "actors/port.hpp"
#include "core/delivery/batch_size.hpp"
#include "core/delivery/destination.hpp"
#include "core/delivery/verdict.hpp"
#include "core/reason_log.hpp"

namespace sluice {

/// Posts the batches that the persister gives it, and passes on the verdict on each until the persister has confirmed
/// it.
class dispatcher_state {
public:
  static inline const char* name = "sluice.dispatcher";
  using handle = compat::extended<dispatcher_actor, void(attempt_ended), void(tick)>;
  using self_pointer = handle::stateful_pointer<dispatcher_state>;

  void start(self_pointer self, context_ptr context);
  handle::behavior_type behavior();

private:
  void meet(const peers&);
  void on_deliver(const deliver&);
  void on_ended(const attempt_ended&);
  void on_settled(const settled&);
  void on_paused(const set_paused&);
  void on_redirected(const redirected&);
  void on_tick(const tick&);

  struct delivery {
    leased_batch what;
    std::chrono::steady_clock::time_point since;
    /// The number of its attempt.
    std::uint64_t attempt = 0;
    /// Empty while the attempt is under way.
    std::optional<sluice::verdict> verdict;
  };

  void attempt(delivery&);
  void decide(delivery&, verdict);
  void tell(const verdict&) const;
  /// Notes what a response says about the destination. Returns what the verdict needs.
  ended_attempt note(const delivery&, const delivery_response&);
  void log_outcome(outcome, const std::string& why);
  void log_end_of_failures();
  void report_health(const std::string& why);
  void say_health() const;
  void say_capacity();
  void say_batch_size();
  std::size_t capacity() const noexcept;

  self_pointer self_ = nullptr;
  context_ptr context_;
  peers peers_;
  port_owner<handle> port_;
  std::map<std::string, delivery> deliveries_;
  std::uint64_t attempts_ = 0;
  std::optional<destination> destination_;
  std::optional<batch_size> batch_size_;
  reason_log failures_{reason_log::duration::max()};
  bool paused_ = false;
  /// Why deliveries are suspended.
  std::string suspended_;
  std::size_t said_capacity_ = 0;
  std::size_t said_batch_size_ = 0;
  /// Spreads probes, so that processes do not probe at the same time.
  std::mt19937_64 random_;
  payload_sealer sealer_;
  alarm probe_;
  /// Something was delivered while failures were not over.
  alarm recovery_{1};
  /// Must be destroyed first, with its threads and sockets: they may still use the port.
  std::unique_ptr<transport> transport_;
};

} // namespace sluice
