#pragma once

#include <csignal>
#include <ctime>

#include <pthread.h>

namespace sluice {

/// While it lives, a write to a connection that the peer has closed fails in this thread, and ends no process:
/// hiredis knows no MSG_NOSIGNAL. The host's own handling of the signal is left alone.
class sigpipe_guard {
public:
  sigpipe_guard() noexcept {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    sigset_t waiting;
    sigpending(&waiting);
    was_pending_ = sigismember(&waiting, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~sigpipe_guard() {
    const timespec at_once{};
    // Ours goes; one that was there before stays.
    while (!was_pending_ && sigtimedwait(&pipe_, nullptr, &at_once) > 0)
      ;
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  sigpipe_guard(const sigpipe_guard&) = delete;
  sigpipe_guard& operator=(const sigpipe_guard&) = delete;

private:
  sigset_t pipe_{};
  sigset_t before_{};
  bool was_pending_ = false;
};

} // namespace sluice
