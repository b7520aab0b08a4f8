#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "actors/handles.hpp"
#include "actors/port.hpp"
#include "server/administration/call.hpp"
#include "server/service.hpp"

namespace sluice {

/// The calls of the administration that have not been answered. Any thread.
class waiting_calls {
public:
  static constexpr std::size_t most = 64;
  using call = std::pair<admin_request, reply_hook>;

  /// Adds one, and wakes the server's actor. Returns whether there was room for it.
  bool add(admin_request what, reply_hook answer) {
    std::lock_guard guard{mutex_};
    if (!to_ || *unanswered_ >= most)
      return false;
    ++*unanswered_;
    new_.emplace_back(std::move(what), [answer = std::move(answer), n = unanswered_](reply r) {
      --*n;
      answer(std::move(r));
    });
    if (new_.size() == 1)
      to_->send(administer{});
    return true;
  }
  /// Returns the one that has waited longest, if there is one, and wakes the actor for the next.
  std::optional<call> take() {
    std::lock_guard guard{mutex_};
    if (new_.empty())
      return std::nullopt;
    std::optional<call> first{std::move(new_.front())};
    new_.pop_front();
    if (to_ && !new_.empty())
      to_->send(administer{});
    return first;
  }
  /// The actor that is to be woken from now on; null: none, and there is room for no call.
  void wake(std::shared_ptr<port<server_actor>> to) {
    std::deque<call> old; // They came on connections that have ended. What they hold may call this.
    std::lock_guard guard{mutex_};
    to_ = std::move(to);
    old.swap(new_);
    unanswered_ = std::make_shared<std::atomic<std::size_t>>(0);
  }

private:
  std::mutex mutex_;
  std::deque<call> new_;
  std::shared_ptr<std::atomic<std::size_t>> unanswered_ = std::make_shared<std::atomic<std::size_t>>(0);
  std::shared_ptr<port<server_actor>> to_;
};

} // namespace sluice
