#include "store/sqlite/in_place.hpp"

#include <sys/stat.h>

namespace sluice {

files_in_place::files_in_place(const std::vector<std::string>& paths) {
  for (const auto& path : paths) {
    struct stat found {};
    if (::lstat(path.c_str(), &found) == 0)
      files_.push_back({path, found.st_dev, found.st_ino});
  }
}

std::string files_in_place::moved() const {
  for (const auto& f : files_) {
    struct stat found {};
    if (::lstat(f.path.c_str(), &found) != 0 || found.st_dev != f.device || found.st_ino != f.number)
      return f.path;
  }
  return {};
}

} // namespace sluice
