#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "sluice/reports.hpp"

namespace sluice {

/// Returns a progress line. `rate`: the events that were stored in the last second, if the process only enqueues
/// them, or else delivered; then what becomes of them is shown as well.
std::string progress_line(std::uint64_t read, const counts& totals, std::uint64_t rate, bool only_enqueues);

/// Prints lines to standard error. On a terminal it also draws a progress line, five times a second, and keeps it below
/// the other lines. Any thread may use it.
class progress {
public:
  /// `read` counts the events read so far.
  explicit progress(const std::atomic<std::uint64_t>& read);
  ~progress();
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;

  /// Starts drawing, if standard error is a terminal.
  void start(std::function<counts()> totals, bool only_enqueues);
  /// Stops drawing. The last progress line stays on the screen.
  void stop();

  /// Prints a line with control bytes escaped.
  void say(const std::string& line);

private:
  void draw();

  const std::atomic<std::uint64_t>& read_;
  const bool terminal_;
  std::function<counts()> totals_;
  bool only_enqueues_ = false;
  std::uint64_t last_done_ = 0;
  std::mutex mutex_;
  std::condition_variable over_;
  bool stopping_ = false;
  bool drawn_ = false;
  std::thread thread_;
};

} // namespace sluice
