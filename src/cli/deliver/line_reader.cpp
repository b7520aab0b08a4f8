#include "cli/deliver/line_reader.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sluice {

namespace {

constexpr std::size_t chunk = std::size_t{256} * 1024;

} // namespace

result<line_reader> line_reader::open(const std::string& file, std::size_t max_line, int stop_fd) {
  const int fd = file == "-" ? ::dup(STDIN_FILENO) : ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return error{errc::invalid_option, "FILE", file + ": " + std::strerror(errno)};
  line_reader reader{fd, max_line, stop_fd};
  struct stat info {};
  if (::fstat(fd, &info) == 0 && S_ISDIR(info.st_mode))
    return error{errc::invalid_option, "FILE",
                 file + " is a directory; a file with one JSON object per line was expected"};
  return reader;
}

line_reader::line_reader(line_reader&& other) noexcept
    : fd_{std::exchange(other.fd_, -1)}, max_line_{other.max_line_}, stop_fd_{other.stop_fd_},
      buffer_{std::move(other.buffer_)}, begin_{other.begin_}, end_{other.end_}, number_{other.number_} {}

line_reader::~line_reader() {
  if (fd_ >= 0)
    ::close(fd_);
}

line_reader::outcome line_reader::next() {
  bool too_long = false;
  std::size_t searched = begin_;
  for (;;) {
    const auto read = std::string_view{buffer_}.substr(0, end_);
    const auto newline = read.find('\n', searched);
    if (newline != std::string::npos || end_ - begin_ > max_line_) {
      const auto end = newline != std::string::npos ? newline : end_;
      too_long = too_long || end - begin_ > max_line_;
      line_ = read.substr(begin_, end - begin_);
      begin_ = newline != std::string::npos ? end + 1 : end;
      if (newline != std::string::npos) {
        ++number_;
        return too_long ? outcome::too_long : outcome::line;
      }
    }
    move_to_front();
    searched = end_;
    switch (fill()) {
    case fill_outcome::some:
      continue;
    case fill_outcome::stopped:
      return outcome::stopped;
    case fill_outcome::failed:
      return outcome::failed;
    case fill_outcome::end:
      break;
    }
    if (end_ == 0 && !too_long)
      return outcome::end;
    line_ = std::string_view{buffer_}.substr(0, end_);
    begin_ = end_;
    ++number_;
    return too_long ? outcome::too_long : outcome::line;
  }
}

// Drops bytes that were returned already, or that belong to a line that is too long.
void line_reader::move_to_front() {
  std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_), buffer_.begin() + static_cast<std::ptrdiff_t>(end_),
            buffer_.begin());
  end_ -= begin_;
  begin_ = 0;
}

line_reader::fill_outcome line_reader::fill() {
  // It only grows: a string sets every byte that it is made longer by.
  buffer_.resize(std::max(buffer_.size(), end_ + chunk));
  for (;;) {
    pollfd ready[2] = {{fd_, POLLIN, 0}, {stop_fd_, POLLIN, 0}};
    if (::poll(ready, 2, -1) < 0 && errno != EINTR)
      return fill_outcome::failed;
    if (ready[1].revents != 0)
      return fill_outcome::stopped;
    if (ready[0].revents == 0)
      continue;
    const auto n = ::read(fd_, buffer_.data() + end_, chunk);
    if (n > 0) {
      end_ += static_cast<std::size_t>(n);
      return fill_outcome::some;
    }
    if (n == 0)
      return fill_outcome::end;
    if (errno != EINTR && errno != EAGAIN)
      return fill_outcome::failed;
  }
}

} // namespace sluice
