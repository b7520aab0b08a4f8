#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "actors/alarm.hpp"
#include "actors/context.hpp"
#include "actors/handles.hpp"
#include "actors/port.hpp"
#include "actors/serving.hpp"

namespace sluice {

/// Owns the HTTP server, which has a thread of its own, looks at system and queue for it, and administers them.
class server_state {
public:
  static inline const char* name = "sluice.server";
  using handle = server_actor;
  using self_pointer = handle::stateful_pointer<server_state>;

  /// The queue is asked how it is.
  static constexpr bool blocks = true;

  server_state() = default;
  server_state(const server_state&) = delete;
  server_state& operator=(const server_state&) = delete;
  ~server_state();

  void start(self_pointer self, context_ptr context);
  handle::behavior_type behavior();

private:
  void open();
  void meet(const peers&);
  void on_look();
  void answer(const system_stats&);
  system_view view_of(const system_stats&);
  void look_at_queue(system_view&);
  administrator_parts parts_of_administrator();
  void on_administer();
  void on_redirected(const redirected& m) { context_ = m.context; }
  void look_for_administrator(std::function<void(const system_view&)>);
  void redirect(const destination_call&, std::function<void(const error*)>);
  status_context status_of_process() const;
  void on_tick(const tick&);
  void work_on();

  self_pointer self_ = nullptr;
  context_ptr context_;
  peers peers_;
  port_owner<server_actor> port_;
  std::unique_ptr<queue_admin> queue_;
  /// No other process can see the queue, and there are no metrics of it.
  bool is_in_memory_ = false;
  std::unique_ptr<routes> routes_;
  std::unique_ptr<request_server> server_;
  std::unique_ptr<administrator> administrator_;
  /// Those that wait for the state of the system, for the administration.
  std::vector<std::function<void(const system_view&)>> looks_;
  alarm again_;
  alarm turn_{1};
  alarm sample_{2};
};

} // namespace sluice
