#pragma once

#include <string>

#include "sluice/error.hpp"
#include "store/sqlite/beside.hpp"

namespace sluice {

/// A lock beside a file, held until its end or that of the process, however it ends.
class file_lock {
public:
  /// `path` must be canonical: another name of the file would have another lock. Errors: `queue_taken`, naming the
  /// process that holds it; `store_failed`.
  static result<file_lock> take(const std::string& path);

  /// Who holds the lock of a path, as in `process 1234`; empty if no process does.
  static std::string holder(const std::string& path);

  /// The file that is locked.
  static std::string file_for(const std::string& path) { return path + ".lock"; }

private:
  explicit file_lock(file_beside file) : file_{std::move(file)} {}
  file_beside file_;
};

} // namespace sluice
