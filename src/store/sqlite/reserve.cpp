#include "store/sqlite/reserve.hpp"

#include <chrono>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace sluice {

namespace {

// What the settlements of some hundred batches write to the log, generously.
constexpr off_t reserved = off_t{1} << 20;
// How often a full disk is looked at.
constexpr std::chrono::seconds look_interval{1};
// How often the log says at most that the disk is full.
constexpr std::chrono::minutes say_interval{10};

std::string reserve_of(const std::string& path) {
  return path + ".reserve";
}

} // namespace

result<disk_reserve> disk_reserve::open(const std::string& path, log_hook log) {
  auto file = file_beside::open(reserve_of(path));
  if (!file)
    return file.error();
  return disk_reserve{path, std::move(*file), std::move(log)};
}

disk_reserve::disk_reserve(std::string path, file_beside file, log_hook log)
    : path_{std::move(path)}, file_{std::move(file)}, log_{std::move(log)} {
  struct stat found {};
  held_ = ::fstat(file_.descriptor(), &found) == 0 && found.st_size >= reserved;
}

disk_reserve::~disk_reserve() {
  if (file_.descriptor() >= 0 && !held_ && !removed_)
    fill(false);
}

bool disk_reserve::is_room_beside(const std::string& path, std::uint64_t bytes) {
  struct statvfs disk {};
  return ::statvfs(path.c_str(), &disk) != 0 || disk.f_bavail * disk.f_frsize >= 2 * std::uint64_t{reserved} + bytes;
}

void disk_reserve::take(store_time now) {
  if (!held_ && !fill(true))
    ran_out(now);
}

bool disk_reserve::may_grow(store_time now) {
  if (held_)
    return true;
  if (now >= looked_ && now - looked_ < look_interval)
    return false;
  looked_ = now;
  return fill(true);
}

void disk_reserve::ran_out(store_time now) {
  looked_ = now;
  if (std::exchange(held_, false) && ::ftruncate(file_.descriptor(), 0) != 0)
    say(log_level::warning, "the room that is reserved beside " + path_ + " cannot be given up");
  // A disk that is nearly full becomes full again and again.
  const bool lately = said_ && now >= *said_ && now - *said_ < say_interval;
  if (std::exchange(full_, true) || lately)
    return;
  said_ = now;
  is_said_ = true;
  say(log_level::error, "the disk is full: " + path_ + " takes no new batches until it has room; deliveries go on");
}

void disk_reserve::grew() {
  if (std::exchange(full_, false) && std::exchange(is_said_, false))
    say(log_level::info, "the disk has room again: " + path_ + " takes new batches");
}

void disk_reserve::remove() {
  removed_ = ::unlink(reserve_of(path_).c_str()) == 0;
}

// If as much again is free, it is not given up at once.
bool disk_reserve::fill(bool with_room_beside) {
  const int fd = file_.descriptor();
  struct statvfs disk {};
  if (with_room_beside && ::fstatvfs(fd, &disk) == 0 && disk.f_bavail * disk.f_frsize < 2 * std::uint64_t{reserved})
    return false;
  held_ = ::posix_fallocate(fd, 0, reserved) == 0;
  if (!held_ && ::ftruncate(fd, 0) != 0)
    return false;
  return held_;
}

void disk_reserve::say(log_level level, const std::string& line) const {
  if (log_)
    log_(level, line);
}

} // namespace sluice
