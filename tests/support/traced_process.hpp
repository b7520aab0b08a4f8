#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace sluice::test {

/// What a traced process did.
struct traced_run {
  int status = -1;
  /// How often its threads made each system call, by its number.
  std::map<long, std::size_t> system_calls;
};

/// Runs a command to its end and counts its system calls, by ptrace, which needs no privilege for a child. The command
/// is slower by some microseconds a call. The calling process must have no other child: each would be waited for.
/// Throws if the system does not let it trace.
traced_run run_traced(std::vector<std::string> command);

} // namespace sluice::test
