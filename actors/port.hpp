#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "sluice/detail/caf_compat.hpp"

namespace sluice {

/// How threads that are no actors reach one: a handle that its actor takes back when it goes, so that nothing is sent
/// to a system that is gone. Any thread.
template <class Handle>
class port {
public:
  explicit port(Handle to) : to_{std::move(to)} {}

  template <class Message>
  void send(Message message) {
    std::lock_guard guard{mutex_};
    compat::anon_send(to_, std::move(message));
  }

  void close() {
    std::lock_guard guard{mutex_};
    to_ = Handle{};
  }

private:
  std::mutex mutex_;
  Handle to_;
};

/// Closes the port when the actor's state goes.
template <class Handle>
class port_owner {
public:
  void open(Handle to) { port_ = std::make_shared<port<Handle>>(std::move(to)); }
  ~port_owner() {
    if (port_)
      port_->close();
  }
  const std::shared_ptr<port<Handle>>& get() const noexcept { return port_; }

private:
  std::shared_ptr<port<Handle>> port_;
};

} // namespace sluice
