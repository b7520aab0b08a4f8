#include "cli/deliver/receipts_file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace sluice {

namespace {

constexpr std::size_t max_write = 4096;

error failure(const std::string& what) {
  return {errc::invalid_option, "receipts", what + ": " + std::strerror(errno)};
}

// Returns where the last complete line ends, or -1.
off_t end_of_lines(int fd, off_t size) {
  char block[max_write];
  while (size > 0) {
    const auto length = std::min<off_t>(size, static_cast<off_t>(sizeof block));
    const auto n = ::pread(fd, block, static_cast<std::size_t>(length), size - length);
    if (n != length)
      return -1;
    for (off_t i = length; i > 0; --i)
      if (block[i - 1] == '\n')
        return size - length + i;
    size -= length;
  }
  return 0;
}

} // namespace

result<receipts_file> receipts_file::open(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0)
    return failure(path);
  receipts_file file{fd};
  const auto size = ::lseek(fd, 0, SEEK_END);
  const auto end = size < 0 ? -1 : end_of_lines(fd, size);
  if (end < 0 || (end < size && ::ftruncate(fd, end) != 0))
    return failure(path);
  return file;
}

receipts_file::receipts_file(receipts_file&& other) noexcept
    : fd_{std::exchange(other.fd_, -1)}, broken_{other.broken_} {}

receipts_file::~receipts_file() {
  if (fd_ >= 0)
    ::close(fd_);
}

result<void> receipts_file::append(const std::vector<std::string>& message_ids) {
  std::string block;
  for (const auto& id : message_ids) {
    if (block.size() + id.size() + 1 > max_write) {
      if (auto done = write(block); !done)
        return done;
      block.clear();
    }
    // An id may contain any byte; a line break would forge another id.
    for (const char c : id)
      block += c == '\n' || c == '\r' ? ' ' : c;
    block += '\n';
  }
  return write(block);
}

result<void> receipts_file::write(const std::string& block) {
  if (broken_)
    return {}; // reported before; a line written after a partial one would be part of it
  std::size_t done = 0;
  while (done < block.size()) {
    const auto n = ::write(fd_, block.data() + done, block.size() - done);
    if (n < 0 && errno != EINTR) {
      broken_ = true;
      return failure("receipts can no longer be written");
    }
    done += n > 0 ? static_cast<std::size_t>(n) : 0;
  }
  return {};
}

} // namespace sluice
