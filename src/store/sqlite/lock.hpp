#pragma once

#include <string>

#include "sluice/error.hpp"

namespace sluice {

/// A lock beside a file, held until its end or that of the process, however it ends.
class file_lock {
public:
  /// Errors: `queue_taken`, naming the process that holds it; `store_failed`.
  static result<file_lock> take(const std::string& path);

  /// Who holds the lock of a path, as in `process 1234`; empty if nobody does.
  static std::string holder(const std::string& path);

  file_lock(file_lock&&) noexcept;
  file_lock& operator=(file_lock&&) = delete;
  ~file_lock();

private:
  explicit file_lock(int fd) : fd_{fd} {}
  int fd_;
};

} // namespace sluice
