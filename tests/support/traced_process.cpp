#include "support/traced_process.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>

#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

namespace sluice::test {

namespace {

constexpr int system_call_stop = SIGTRAP | 0x80;

[[noreturn]] void fail(const char* what) {
  throw std::runtime_error(std::string{what} + ": " + std::strerror(errno));
}

// Between fork and exec only what is safe in the child of a process with threads.
pid_t start_stopped(std::vector<std::string>& command) {
  std::vector<char*> argv;
  for (auto& word : command)
    argv.push_back(word.data());
  argv.push_back(nullptr);
  const auto pid = ::fork();
  if (pid == 0) {
    if (::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0) {
      ::raise(SIGSTOP);
      ::execv(argv[0], argv.data());
    }
    ::_exit(127);
  }
  int status = 0;
  if (pid < 0 || ::waitpid(pid, &status, 0) != pid)
    fail("fork");
  if (!WIFSTOPPED(status))
    throw std::runtime_error("the system does not let a process trace its child");
  return pid;
}

// Counts the system call before which a thread has stopped; it stops behind each as well.
void count_call(pid_t thread, std::map<long, std::size_t>& calls) {
  __ptrace_syscall_info info{};
  if (::ptrace(PTRACE_GET_SYSCALL_INFO, thread, sizeof info, &info) > 0 && info.op == PTRACE_SYSCALL_INFO_ENTRY)
    ++calls[static_cast<long>(info.entry.nr)];
}

} // namespace

traced_run run_traced(std::vector<std::string> command) {
  const auto child = start_stopped(command);
  constexpr auto options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL;
  if (::ptrace(PTRACE_SETOPTIONS, child, nullptr, options) != 0 ||
      ::ptrace(PTRACE_SYSCALL, child, nullptr, nullptr) != 0)
    fail("ptrace");
  traced_run run;
  for (int status = 0;;) {
    const auto thread = ::waitpid(-1, &status, __WALL);
    if (thread < 0)
      fail("waitpid");
    if (!WIFSTOPPED(status)) {
      if (thread != child)
        continue;
      run.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
      return run;
    }
    const auto signal = WSTOPSIG(status);
    if (signal == system_call_stop)
      count_call(thread, run.system_calls);
    // A stop by the tracing itself is passed on as no signal.
    const bool is_of_tracing = signal == system_call_stop || signal == SIGTRAP || signal == SIGSTOP;
    ::ptrace(PTRACE_SYSCALL, thread, nullptr, is_of_tracing ? 0 : signal);
  }
}

} // namespace sluice::test
