#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "actors/alarm.hpp"
#include "actors/context.hpp"
#include "actors/handles.hpp"
#include "actors/metric_registry.hpp"
#include "actors/subscribers.hpp"
#include "core/reason_log.hpp"
#include "core/restart_budget.hpp"

namespace sluice {

/// Starts the other actors and monitors them. An actor that fails is restarted and introduced to the others while the
/// restart budget lasts. The buffer, which holds accepted events, is never restarted: without it, or without budget,
/// the system stops, says why, and reports exact counts. Owns the store, through the context, and answers for the
/// whole.
class supervisor_state {
public:
  static inline const char* name = "sluice.supervisor";
  using handle = supervisor_actor;
  using self_pointer = handle::stateful_pointer<supervisor_state>;
  using shutdown_promise = caf::typed_response_promise<shutdown_report>;

  void start(self_pointer self, context_ptr context);
  handle::behavior_type behavior();

private:
  void on_begin(const begin&);
  caf::result<void> on_begin_server(const begin_server&);
  caf::result<void> on_subscribe(const subscribe&);
  void on_unsubscribe(const unsubscribe&);
  void remove_subscriber(const caf::actor_addr&);
  system_stats stats() const;
  void set_paused_to(bool paused);
  caf::result<void> on_set_destination(const set_destination&);
  shutdown_promise on_shutdown(const shutdown&);
  void on_drained();
  void on_committed(const committed& m);
  void on_intake_news(const intake_news&);
  void on_suspension_changed(const suspension_changed&);
  void on_tick(const tick&);
  void notify(std::vector<addressed_notification>);
  void publish_soon();
  void publish();

  /// Stops the system. `why` is what failed, which is logged and reported to subscribers; empty for an orderly
  /// shutdown.
  void stop(std::optional<error> why);

  enum class phase { running, draining, stopping };

  template <class State, class Handle>
  bool restart_if(const caf::actor_addr& gone, Handle peer_table::*which, restarted_actor who, const char* what);
  template <class Handle>
  void adopt(const Handle& child);
  void on_down(const caf::actor_addr& gone, const caf::error& why);
  void introduce();
  template <class Handle>
  bool is_alive(const Handle& child) const;
  void end_the_others();
  void end();
  shutdown_report final_report() const;

  self_pointer self_ = nullptr;
  context_ptr context_;
  std::shared_ptr<const peer_table> table_ = std::make_shared<peer_table>();
  std::optional<restart_budget> budget_;
  std::uint64_t restarts_ = 0;
  std::size_t news_handled_ = 0;
  subscribers subscribers_;
  /// Every subscriber that is monitored, until it terminates.
  std::set<caf::actor_addr> watched_;
  bool paused_ = false;
  std::string suspended_by_destination_, suspended_by_queue_;
  phase phase_ = phase::running;
  /// Why the system stops by itself.
  std::optional<error> failure_;
  std::vector<caf::actor_addr> alive_;
  std::vector<shutdown_promise> promises_;
  reason_log rejections_{std::chrono::minutes{1}};
  alarm overdue_;
  /// The metrics have changed since they were published.
  alarm publish_{1};
  std::optional<metric_registry> registry_;
};

supervisor_actor spawn_supervisor(caf::actor_system&, context_ptr);

} // namespace sluice
