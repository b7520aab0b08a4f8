#include "cli/stop_signal.hpp"

#include <csignal>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace sluice {

namespace {

// A signal handler reaches nothing but globals.
int pipe_ends[2] = {-1, -1};

void on_signal(int) {
  const char byte = 0;
  [[maybe_unused]] auto written = ::write(pipe_ends[1], &byte, 1);
}

} // namespace

stop_signal::stop_signal() {
  if (::pipe2(pipe_ends, O_CLOEXEC | O_NONBLOCK) != 0)
    return;
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESETHAND;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

stop_signal::~stop_signal() {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
  for (int& end : pipe_ends) {
    ::close(end);
    end = -1;
  }
}

int stop_signal::descriptor() const noexcept {
  return pipe_ends[0];
}

bool stop_signal::wait(std::chrono::milliseconds at_most) const noexcept {
  pollfd ready{pipe_ends[0], POLLIN, 0};
  return ::poll(&ready, 1, static_cast<int>(at_most.count())) > 0;
}

} // namespace sluice
