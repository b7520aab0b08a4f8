#include "cli/progress.hpp"

#include <chrono>
#include <cstdio>

#include <unistd.h>

#include "core/printable.hpp"

namespace sluice {

namespace {

constexpr int redraws_a_second = 5;

} // namespace

progress::progress(const std::atomic<std::uint64_t>& read) : read_{read}, terminal_{::isatty(STDERR_FILENO) == 1} {}

progress::~progress() {
  stop();
}

void progress::start(std::function<counts()> totals) {
  if (!terminal_)
    return;
  totals_ = std::move(totals);
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
  const auto rate = (t.delivered - last_delivered_) * redraws_a_second;
  last_delivered_ = t.delivered;
  std::fprintf(stderr, "\r\033[Kread %llu  stored %llu  delivered %llu  retrying %llu  dead %llu  %llu events/s",
               static_cast<unsigned long long>(read_.load()), static_cast<unsigned long long>(t.stored),
               static_cast<unsigned long long>(t.delivered), static_cast<unsigned long long>(t.retrying),
               static_cast<unsigned long long>(t.dead), static_cast<unsigned long long>(rate));
  std::fflush(stderr);
  drawn_ = true;
}

} // namespace sluice
