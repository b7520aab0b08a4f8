#pragma once

#include <string>

#include "sluice/error.hpp"

namespace sluice {

/// A file of ours beside a queue's file. Nothing but a regular file with one name, reached by no link, is taken for it:
/// what is written there must not be written to another program's file.
class file_beside {
public:
  /// Makes the file if it is not there, readable by its owner only. Errors: `store_failed`.
  static result<file_beside> open(const std::string& path);

  /// Opens it to look at it. Errors: as above, also when it is not there.
  static result<file_beside> look(const std::string& path);

  file_beside(file_beside&&) noexcept;
  file_beside& operator=(file_beside&&) = delete;
  ~file_beside();

  int descriptor() const noexcept { return fd_; }

private:
  explicit file_beside(int fd) : fd_{fd} {}
  static result<file_beside> open(const std::string& path, int flags);
  int fd_;
};

} // namespace sluice
