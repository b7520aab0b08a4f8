#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "actors/alarm.hpp"
#include "actors/context.hpp"
#include "actors/handles.hpp"
#include "actors/letterbox.hpp"
#include "core/delivery/batch_size.hpp"
#include "core/delivery/destination.hpp"
#include "core/delivery/lease_window.hpp"
#include "core/delivery/verdict.hpp"
#include "core/reason_log.hpp"

namespace sluice {

/// Posts the batches that the persister gives it, in their order, and passes on the verdict on each until the persister
/// has confirmed it. Batches that are leased ahead wait here for their turn.
class dispatcher_state {
public:
  static inline const char* name = "sluice.dispatcher";
  using handle = compat::extended<dispatcher_actor, void(attempts_ended), void(tick)>;
  using self_pointer = handle::stateful_pointer<dispatcher_state>;

  void start(self_pointer self, context_ptr context);
  handle::behavior_type behavior();

private:
  void meet(const peers&);
  void on_deliver(const deliver&);
  void on_ended();
  void on_paused(const set_paused&);
  void on_redirected(const redirected&);
  void on_tick(const tick&);

  struct delivery {
    leased_batch what;
    std::chrono::steady_clock::time_point since;
    /// The number of its attempt, and when that began; 0 while it waits for its turn.
    std::uint64_t attempt = 0;
    std::chrono::steady_clock::time_point begun;
    std::optional<sluice::verdict> verdict;
    /// It counts among the deliveries at a time.
    bool has_slot = false;

    bool waits() const noexcept { return attempt == 0 && !verdict; }
  };
  /// What a transport says of an attempt.
  struct answer {
    std::string batch_id;
    std::uint64_t attempt;
    delivery_response response;
  };

  void attempt_next();
  void give_back_waiting();
  void attempt(delivery&);
  void end(const answer&);
  void free_slot(delivery&);
  void decide(delivery&, verdict);
  void tell(const verdict&);
  void flush();
  /// Notes what a response says about the destination. Returns what the verdict needs.
  ended_attempt note(const delivery&, const delivery_response&);
  void set_probe();
  void log_outcome(outcome, const std::string& why);
  void log_end_of_failures();
  void report_health(const std::string& why);
  void say_health() const;
  void say_capacity();
  void say_batch_size();
  std::size_t capacity() const noexcept;
  std::size_t leases() const;

  self_pointer self_ = nullptr;
  context_ptr context_;
  peers peers_;
  port_owner<handle> port_;
  using letters = letterbox<handle, answer, attempts_ended>;
  std::shared_ptr<letters> answers_;
  std::map<std::string, delivery> deliveries_;
  /// The ids of those that wait, in their order; some of them may have gone.
  std::deque<std::string> waiting_;
  std::size_t slots_taken_ = 0;
  /// For the persister: what the present message has brought about.
  settle settlements_;
  std::uint64_t attempts_ = 0;
  std::optional<destination> destination_;
  std::optional<batch_size> batch_size_;
  std::optional<lease_window> window_;
  reason_log failures_{reason_log::duration::max()};
  bool paused_ = false;
  /// Why deliveries are suspended.
  std::string suspended_;
  std::size_t said_leases_ = 0;
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
