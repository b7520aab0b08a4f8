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

/// Readable lines on standard error; on a terminal also a progress line, redrawn five times a second, that other
/// lines do not tear. Any thread.
class progress {
public:
  /// `read` is how many events have been read.
  explicit progress(const std::atomic<std::uint64_t>& read);
  ~progress();
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;

  /// Starts to draw, on a terminal.
  void start(std::function<counts()> totals);
  /// Ends it; the last state stays on the screen.
  void stop();

  /// Prints a line, control bytes escaped.
  void say(const std::string& line);

private:
  void draw();

  const std::atomic<std::uint64_t>& read_;
  const bool terminal_;
  std::function<counts()> totals_;
  std::uint64_t last_delivered_ = 0;
  std::mutex mutex_;
  std::condition_variable over_;
  bool stopping_ = false;
  bool drawn_ = false;
  std::thread thread_;
};

} // namespace sluice
