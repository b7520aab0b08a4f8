#pragma once

#include <string>
#include <vector>

#include "sluice/error.hpp"

namespace sluice {

/// Appends the ids of stored events to a file, one per line; a byte that would make another line or word of an id
/// becomes
/// `?`. A partial line is removed when the file is opened the next time.
class receipts_file {
public:
  /// Opens or creates the file, and removes a partial last line. Errors: the file cannot be opened, or holds something
  /// else than receipts; it is then left as it is.
  static result<receipts_file> open(const std::string& path);

  receipts_file(receipts_file&&) noexcept;
  receipts_file& operator=(receipts_file&&) = delete;
  ~receipts_file();

  /// Appends the ids, in writes of at most 4 KiB that end with a line. An error is returned once; nothing is written
  /// after it.
  result<void> append(const std::vector<std::string>& message_ids);

private:
  explicit receipts_file(int fd) : fd_{fd} {}
  result<void> write(const std::string& block);

  int fd_;
  bool broken_ = false;
};

} // namespace sluice
