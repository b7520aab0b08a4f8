#include "support/small_disk.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <stdexcept>

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

namespace sluice::test {

namespace {

std::string ballast_in(const std::string& folder) {
  return folder + "/ballast";
}

} // namespace

small_disk::small_disk() {
  const auto how = "size=" + std::to_string(size);
  mounted_ = ::mount("tmpfs", path().c_str(), "tmpfs", 0, how.c_str()) == 0;
  if (mounted_)
    return;
  std::printf("no right to mount a small disk: files are limited to %zu bytes each instead\n", size / 2);
  std::signal(SIGXFSZ, SIG_IGN);
  limit_files(size / 2);
}

small_disk::~small_disk() {
  if (mounted_)
    ::umount2(path().c_str(), MNT_DETACH);
  else
    limit_files(RLIM_INFINITY);
}

void small_disk::limit_files(std::size_t bytes) const {
  rlimit limit{};
  ::getrlimit(RLIMIT_FSIZE, &limit);
  limit.rlim_cur = std::min<rlim_t>(bytes, limit.rlim_max);
  if (::setrlimit(RLIMIT_FSIZE, &limit) != 0)
    throw std::runtime_error("setrlimit");
}

void small_disk::fill() {
  if (!mounted_) {
    std::size_t largest = 0;
    for (const auto& file : std::filesystem::directory_iterator{path()})
      largest = std::max<std::size_t>(largest, file.file_size());
    return limit_files(largest);
  }
  const int fd = ::open(ballast_in(path()).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_APPEND, 0600);
  const std::string block(4'096, 'x');
  while (::write(fd, block.data(), block.size()) > 0) {
  }
  ::close(fd);
}

void small_disk::make_room() {
  if (mounted_)
    std::filesystem::remove(ballast_in(path()));
  else
    limit_files(RLIM_INFINITY);
}

} // namespace sluice::test
