#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "actors/handles.hpp"
#include "actors/port.hpp"
#include "actors/waiting_calls.hpp"
#include "server/administration/administrator.hpp"
#include "server/listener.hpp"
#include "server/request_server.hpp"
#include "server/routes.hpp"
#include "sluice/server_options.hpp"

namespace sluice {

/// Those that wait for a view of the system. Any thread.
class waiting_views {
public:
  using hook = std::function<void(const system_view&)>;

  /// Adds one. The first one wakes the server's actor.
  void add(hook answer) {
    std::lock_guard guard{mutex_};
    waiting_.push_back(std::move(answer));
    if (waiting_.size() == 1 && to_)
      to_->send(look_at_system{});
  }
  std::vector<hook> take() {
    std::lock_guard guard{mutex_};
    return std::exchange(waiting_, {});
  }
  /// The actor that is to be woken from now on.
  void wake(std::shared_ptr<port<server_actor>> to) {
    std::lock_guard guard{mutex_};
    to_ = std::move(to);
    waiting_.clear(); // they waited on connections that ended with the server before
  }

private:
  std::mutex mutex_;
  std::vector<hook> waiting_;
  std::shared_ptr<port<server_actor>> to_;
};

/// What a server is made of. It outlives every server, and the handles of hosts share it.
struct serving {
  serving(server_options o, listener l, std::shared_ptr<server_identity> i, access_rules rules)
      : settings{std::move(o)}, from{std::move(l)}, identity{std::move(i)}, access{std::make_shared<access_control>(
                                                                                std::move(rules))} {}

  /// The present server; null while there is none.
  void set_present(request_server* server) {
    std::lock_guard guard{mutex};
    present = server;
    changed.notify_all();
  }
  /// Waits until its thread has taken some work, until `at_most` has passed. Returns whether it has.
  bool answers_within(std::chrono::milliseconds at_most) {
    const auto until = std::chrono::steady_clock::now() + at_most;
    const auto came = std::make_shared<bool>(false);
    std::unique_lock guard{mutex};
    if (!changed.wait_until(guard, until, [&] { return present != nullptr; }))
      return false;
    present->post([this, came] {
      std::lock_guard inner{mutex};
      *came = true;
      changed.notify_all();
    });
    return changed.wait_until(guard, until, [&] { return *came; });
  }

  const server_options settings;
  const listener from;
  const std::shared_ptr<server_identity> identity;
  const std::shared_ptr<access_control> access;
  waiting_views views;
  const std::shared_ptr<request_counts> requests = std::make_shared<request_counts>();
  waiting_calls calls;
  /// Used by the server's actor only.
  administration_state administered;
  const std::chrono::steady_clock::time_point began = std::chrono::steady_clock::now();

  std::mutex mutex;
  std::condition_variable changed;
  request_server* present = nullptr;
};

} // namespace sluice
