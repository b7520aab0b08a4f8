#include <algorithm>
#include <csignal>
#include <iostream>

#include <fcntl.h>
#include <unistd.h>

#include "cli/command_line.hpp"
#include "cli/complain.hpp"

namespace {

// Exit statuses: 0 success, 1 events were lost or an operation failed, 2 wrong usage or configuration, 3 the queue is
// unavailable, 4 to 6 see `status_of`.
constexpr int usage_error = 2;

// Opens a standard stream that is closed, so that no file opened later takes its descriptor.
void hold_standard_descriptors() {
  int fd = 0;
  while (fd >= 0 && fd <= STDERR_FILENO)
    fd = ::open("/dev/null", O_RDWR);
  ::close(fd);
}

// A reader that has gone, or a limit on the size of files, is an error of a write and ends nothing.
void ignore_signals_of_writes() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

} // namespace

int main(int argc, char** argv) {
  hold_standard_descriptors();
  ignore_signals_of_writes();
  CLI::App app;
  int exit_code = 0;
  sluice::describe_command_line(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    exit_code = app.exit(e) == 0 ? 0 : usage_error;
  }
  if (!std::cout.flush()) {
    sluice::complain(sluice::called(app), "the output could not be written");
    exit_code = std::max(exit_code, 1);
  }
  return exit_code;
}
