#include "store/sqlite/lock.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace sluice {

namespace {

// The bytes of the file that are locked: who processes the queue, and who makes its file.
constexpr off_t owner_byte = 0, maker_byte = 1;
// How often a lock that is waited for is tried.
constexpr std::chrono::milliseconds try_interval{10};

struct flock lock_of(off_t byte, short type) {
  struct flock f {};
  f.l_type = type;
  f.l_whence = SEEK_SET;
  f.l_start = byte;
  f.l_len = 1;
  return f;
}

std::string written_in(int fd) {
  std::array<char, 64> text{};
  const auto n = ::pread(fd, text.data(), text.size() - 1, 0);
  return n > 0 ? "process " + std::string{text.data(), static_cast<std::size_t>(n)} : "another process";
}

} // namespace

result<file_lock> file_lock::take(const std::string& path) {
  auto file = file_beside::open(file_for(path));
  if (!file)
    return file.error();
  const int fd = file->descriptor();
  auto exclusive = lock_of(owner_byte, F_WRLCK);
  if (::fcntl(fd, F_OFD_SETLK, &exclusive) != 0)
    return error{errc::queue_taken, "persistence",
                 path + " is processed by " + written_in(fd) +
                     "; a queue in a file has one process: end that one, or use another file"};
  // For others to read, if the disk has room for it. What the last process wrote is not cut off first: that would give
  // the room away.
  const auto pid = std::to_string(::getpid());
  const auto written = ::pwrite(fd, pid.data(), pid.size(), 0);
  if (::ftruncate(fd, written > 0 ? written : 0) != 0)
    return error{errc::store_failed, "persistence", file_for(path) + ": " + std::strerror(errno)};
  return file_lock{std::move(*file)};
}

result<file_lock> file_lock::wait_to_make(const std::string& path, std::chrono::milliseconds most) {
  auto file = file_beside::open(file_for(path));
  if (!file)
    return file.error();
  auto exclusive = lock_of(maker_byte, F_WRLCK);
  const auto end = std::chrono::steady_clock::now() + most;
  while (::fcntl(file->descriptor(), F_OFD_SETLK, &exclusive) != 0) {
    if (std::chrono::steady_clock::now() >= end)
      return error{errc::store_failed, "persistence", path + ": another process has not finished making it"};
    std::this_thread::sleep_for(try_interval);
  }
  return file_lock{std::move(*file)};
}

std::string file_lock::holder(const std::string& path) {
  const auto file = file_beside::look(file_for(path));
  if (!file)
    return {};
  auto wanted = lock_of(owner_byte, F_RDLCK); // only asked about: taking it could keep another process out
  return ::fcntl(file->descriptor(), F_OFD_GETLK, &wanted) == 0 && wanted.l_type == F_UNLCK
             ? std::string{}
             : written_in(file->descriptor());
}

} // namespace sluice
