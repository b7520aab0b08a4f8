#include "store/sqlite/beside.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sluice {

result<file_beside> file_beside::open(const std::string& path) {
  return open(path, O_RDWR | O_CREAT);
}

result<file_beside> file_beside::look(const std::string& path) {
  return open(path, O_RDONLY);
}

result<file_beside> file_beside::open(const std::string& path, int flags) {
  const int fd = ::open(path.c_str(), flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600); // a pipe would block
  if (fd < 0)
    return error{errc::store_failed, "persistence",
                 path + ": " + (errno == ELOOP ? "must not be a symbolic link" : std::strerror(errno))};
  file_beside opened{fd};
  struct stat found {};
  if (::fstat(fd, &found) != 0 || !S_ISREG(found.st_mode) || found.st_nlink != 1)
    return error{errc::store_failed, "persistence", path + ": must be a regular file without other hard links"};
  return opened;
}

file_beside::file_beside(file_beside&& other) noexcept : fd_{std::exchange(other.fd_, -1)} {}

file_beside::~file_beside() {
  if (fd_ >= 0)
    ::close(fd_);
}

} // namespace sluice
