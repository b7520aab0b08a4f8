#pragma once

#include <memory>
#include <optional>

#include "actors/alarm.hpp"
#include "actors/context.hpp"
#include "actors/handles.hpp"
#include "actors/port.hpp"
#include "actors/serving.hpp"

namespace sluice {

/// Owns the HTTP server, which has a thread of its own, and looks at system and queue for it.
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
  void look_at_queue(system_view&);
  result<store_stats> ask_queue();

  self_pointer self_ = nullptr;
  context_ptr context_;
  peers peers_;
  port_owner<server_actor> port_;
  std::unique_ptr<queue_admin> queue_;
  bool has_queue_to_look_at_ = true;
  /// Why the queue did not answer when it was asked last, and when it is asked again.
  std::string no_answer_;
  std::chrono::steady_clock::time_point ask_again_{};
  std::unique_ptr<routes> routes_;
  std::unique_ptr<request_server> server_;
  alarm again_;
};

} // namespace sluice
