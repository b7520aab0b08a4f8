#include "store/sqlite/lock.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace sluice {

namespace {

std::string lock_file(const std::string& path) {
  return path + ".lock";
}

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
  const auto name = lock_file(path);
  const int fd = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0)
    return error{errc::store_failed, "persistence", name + ": " + std::strerror(errno)};
  file_lock lock{fd};
  auto exclusive = whole_file(F_WRLCK);
  if (::fcntl(fd, F_OFD_SETLK, &exclusive) != 0)
    return error{errc::queue_taken, "persistence",
                 path + " is processed by " + written_in(fd) +
                     "; a queue in a file has one process: end that one, or use another file"};
  const auto pid = std::to_string(::getpid());
  if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size()))
    return error{errc::store_failed, "persistence", name + ": " + std::strerror(errno)};
  return lock;
}

std::string file_lock::holder(const std::string& path) {
  const int fd = ::open(lock_file(path).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return {};
  const file_lock until_return{fd};
  auto wanted = whole_file(F_RDLCK); // only asked about: taking it could keep another process out
  return ::fcntl(fd, F_OFD_GETLK, &wanted) == 0 && wanted.l_type == F_UNLCK ? std::string{} : written_in(fd);
}

file_lock::file_lock(file_lock&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}

file_lock::~file_lock() {
  if (fd_ >= 0)
    ::close(fd_);
}

} // namespace sluice
