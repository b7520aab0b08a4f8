#pragma once

#include <csignal>

namespace sluice {

/// Lets the signal of a broken pipe end the process without a word, as is usual, once nobody reads its standard output
/// any more. For commands that change nothing; the others ignore the signal.
inline void end_with_reader() {
  std::signal(SIGPIPE, SIG_DFL);
}

} // namespace sluice
