#include "cli/progress.hpp"

#include <chrono>
#include <cstdio>
#include <utility>

#include <unistd.h>

#include "core/printable.hpp"

namespace sluice {

namespace {

constexpr int redraws_a_second = 5;

} // namespace

std::string progress_line(std::uint64_t read, const counts& totals, std::uint64_t rate, bool only_enqueues) {
  auto line = "read " + std::to_string(read) + "  stored " + std::to_string(totals.stored);
  if (!only_enqueues)
    line += "  delivered " + std::to_string(totals.delivered) + "  retrying " + std::to_string(totals.retrying) +
            "  dead " + std::to_string(totals.dead);
  return line + "  " + std::to_string(rate) + " events/s";
}

progress::progress(const std::atomic<std::uint64_t>& read) : read_{read}, terminal_{::isatty(STDERR_FILENO) == 1} {}

progress::~progress() {
  stop();
}

void progress::start(std::function<counts()> totals, bool only_enqueues) {
  if (!terminal_)
    return;
  totals_ = std::move(totals);
  only_enqueues_ = only_enqueues;
  thread_ = std::thread{[this] {
    std::unique_lock guard{mutex_};
    while (!over_.wait_for(guard, std::chrono::milliseconds{1000 / redraws_a_second}, [this] { return stopping_; }))
      draw();
    draw();
    std::fputc('\n', stderr);
  }};
}

void progress::stop() {
  if (!thread_.joinable())
    return;
  {
    std::lock_guard guard{mutex_};
    stopping_ = true;
  }
  over_.notify_all();
  thread_.join();
  drawn_ = false;
}

void progress::say(const std::string& line) {
  std::lock_guard guard{mutex_};
  std::fprintf(stderr, "%s%s\n", drawn_ ? "\r\033[K" : "", terminal_line(line).c_str());
}

void progress::draw() {
  const auto t = totals_();
  const auto done = only_enqueues_ ? t.stored : t.delivered;
  const auto rate = (done - std::exchange(last_done_, done)) * redraws_a_second;
  std::fprintf(stderr, "\r\033[K%s", progress_line(read_, t, rate, only_enqueues_).c_str());
  std::fflush(stderr);
  drawn_ = true;
}

} // namespace sluice
