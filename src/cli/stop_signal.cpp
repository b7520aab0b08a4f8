#include "cli/stop_signal.hpp"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace sluice {

stop_signal::stop_signal(hangup meaning) {
  ::sigemptyset(&signals_);
  for (const int number : {SIGINT, SIGTERM}) {
    std::signal(number, SIG_DFL); // a shell makes its background jobs ignore it
    ::sigaddset(&signals_, number);
  }
  sigset_t hangups{};
  ::sigemptyset(&hangups);
  struct sigaction present {};
  if (::sigaction(SIGHUP, nullptr, &present) == 0 && present.sa_handler != SIG_IGN)
    ::sigaddset(meaning == hangup::stop ? &signals_ : &hangups, SIGHUP);
  ::pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  descriptor_ = ::signalfd(-1, &signals_, SFD_NONBLOCK | SFD_CLOEXEC);
  if (meaning == hangup::read_again) {
    ::pthread_sigmask(SIG_BLOCK, &hangups, nullptr);
    hangup_ = ::signalfd(-1, &hangups, SFD_NONBLOCK | SFD_CLOEXEC);
  }
}

stop_signal::~stop_signal() {
  raised(); // reads a pending signal, which would end the process once it is unblocked
  ::close(descriptor_);
  if (hangup_ >= 0)
    ::close(hangup_);
  unblock();
}

void stop_signal::unblock() noexcept {
  ::pthread_sigmask(SIG_UNBLOCK, &signals_, nullptr);
}

bool stop_signal::hung_up() const noexcept {
  signalfd_siginfo one;
  bool came = false;
  while (hangup_ >= 0 && ::read(hangup_, &one, sizeof one) > 0)
    came = true;
  return came;
}

bool stop_signal::wait(std::chrono::milliseconds at_most) noexcept {
  if (raised_)
    return true;
  pollfd ready{descriptor_, POLLIN, 0};
  if (::poll(&ready, 1, static_cast<int>(at_most.count())) <= 0)
    return false;
  signalfd_siginfo first;
  // One thread that does not block the signals is enough for the next signal to end the process.
  if (::read(descriptor_, &first, sizeof first) > 0)
    unblock();
  raised_ = true;
  return true;
}

} // namespace sluice
