#pragma once

#include <chrono>
#include <string>

#include "sluice/error.hpp"
#include "store/sqlite/beside.hpp"

namespace sluice {

/// A lock beside a file, held until its end or that of the process, however it ends: the right to process the queue, or
/// the one to make its file.
class file_lock {
public:
  /// Takes the right to process the queue. `path` must be canonical: another name of the file would have another lock.
  /// Errors: `queue_taken`, naming the process that holds it; `store_failed`.
  static result<file_lock> take(const std::string& path);

  /// Waits for the right to make the file, which a process that does not process the queue may do as well. Errors:
  /// `store_failed`, also if another process is at it for longer than `most`.
  static result<file_lock> wait_to_make(const std::string& path, std::chrono::milliseconds most);

  /// Who processes the queue of a path, as in `process 1234`; empty if no process does.
  static std::string holder(const std::string& path);

  /// The file that is locked.
  static std::string file_for(const std::string& path) { return path + ".lock"; }

private:
  explicit file_lock(file_beside file) : file_{std::move(file)} {}
  file_beside file_;
};

} // namespace sluice
