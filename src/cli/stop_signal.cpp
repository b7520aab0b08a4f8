#include "cli/stop_signal.hpp"

#include <csignal>

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace sluice {

namespace {

sigset_t stop_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGINT);
  ::sigaddset(&set, SIGTERM);
  return set;
}

} // namespace

stop_signal::stop_signal() {
  const auto set = stop_signals();
  std::signal(SIGINT, SIG_DFL); // a shell makes its background jobs ignore it
  std::signal(SIGTERM, SIG_DFL);
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  descriptor_ = ::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

stop_signal::~stop_signal() {
  raised(); // reads a pending signal, which would end the process once it is unblocked
  ::close(descriptor_);
  const auto set = stop_signals();
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

bool stop_signal::wait(std::chrono::milliseconds at_most) noexcept {
  if (raised_)
    return true;
  pollfd ready{descriptor_, POLLIN, 0};
  if (::poll(&ready, 1, static_cast<int>(at_most.count())) <= 0)
    return false;
  signalfd_siginfo first;
  if (::read(descriptor_, &first, sizeof first) > 0) {
    // One thread that does not block the signals is enough for the next signal to end the process.
    const auto set = stop_signals();
    ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  }
  raised_ = true;
  return true;
}

} // namespace sluice
