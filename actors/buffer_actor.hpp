#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "actors/alarm.hpp"
#include "actors/context.hpp"
#include "actors/handles.hpp"
#include "actors/port.hpp"
#include "core/intake/ledger.hpp"
#include "core/intake/partitioned_batcher.hpp"
#include "core/wire/payload.hpp"

namespace sluice {

/// Takes events from the intake, cuts batches, and keeps each until a persister has confirmed it. Does no I/O.
class buffer_state {
public:
  static inline const char* name = "sluice.buffer";
  using handle = buffer_peer;
  using self_pointer = handle::stateful_pointer<buffer_state>;

  buffer_state() = default;
  buffer_state(const buffer_state&) = delete;
  buffer_state& operator=(const buffer_state&) = delete;
  /// Answers every request that still waits.
  ~buffer_state();

  void start(self_pointer self, context_ptr context);
  handle::behavior_type behavior();

private:
  void meet(const peers&);
  void on_wake();
  void on_batch_size(const set_batch_size&);
  void on_tick(const tick&);
  void on_committed(const committed&);
  void on_store_went_back();
  void look_again();
  void on_looked_for(const looked_for&);
  void on_drain(const drain&);
  using flush_promise = caf::typed_response_promise<flush_report>;
  flush_promise on_flush(const flush&);

  void on_recovered(const batch_news&) const;
  void meter(const batch_news&, std::uint64_t sequence) const;
  struct pending_flush {
    std::uint64_t number = 0;
    steady_time deadline;
    /// Empty for a drain: its end is reported to the supervisor.
    std::optional<flush_promise> promise;
    /// Of a shared queue: what is asked of the store last, so that the report says what other processes have ended.
    std::optional<std::uint64_t> search{};
  };
  bool is_over(pending_flush&);
  steady_time last_moment(const pending_flush&) const;

  void take_events();
  void tell_news();
  void cut_batches();
  std::vector<std::size_t> unstored() const;
  void send_to_persister(std::vector<batch_ptr>);
  void finish_flushes();
  void search();
  void note_lost(std::uint64_t events);
  void expire_requests();
  void advance();
  steady_time now() const;

  self_pointer self_ = nullptr;
  context_ptr context_;
  peers peers_;
  /// News for the supervisor, kept until it is known.
  intake_news news_;
  port_owner<buffer_peer> port_;
  std::optional<partitioned_batcher> batcher_;
  std::optional<ledger> ledger_;
  payload_sealer sealer_;
  std::uint64_t last_sequence_ = 0;
  /// When the events that the intake now gathers began to come in.
  std::optional<steady_time> gathering_since_;
  std::deque<std::pair<steady_time, std::weak_ptr<requester>>> request_deadlines_;
  std::vector<pending_flush> flushes_;
  /// The batches that the persister was asked to look for; empty: none.
  std::vector<std::uint64_t> page_;
  std::uint64_t page_number_ = 0;
  alarm linger_{0};
  alarm deadline_{1};
};

/// Spawns the buffer as a child of the supervisor, behind its gate.
buffer_peer spawn_buffer(caf::actor_system&, context_ptr, const supervisor_actor& parent);

/// Returns the handle that hosts send events to: the same actor, seen through its gate.
buffer_actor public_handle(const buffer_peer&);

} // namespace sluice
