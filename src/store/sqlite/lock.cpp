#include "store/sqlite/lock.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace sluice {

namespace {

struct flock whole_file(short type) {
  struct flock f {};
  f.l_type = type;
  f.l_whence = SEEK_SET;
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
  auto exclusive = whole_file(F_WRLCK);
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

std::string file_lock::holder(const std::string& path) {
  const auto file = file_beside::look(file_for(path));
  if (!file)
    return {};
  auto wanted = whole_file(F_RDLCK); // only asked about: taking it could keep another process out
  return ::fcntl(file->descriptor(), F_OFD_GETLK, &wanted) == 0 && wanted.l_type == F_UNLCK
             ? std::string{}
             : written_in(file->descriptor());
}

} // namespace sluice
