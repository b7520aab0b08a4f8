#pragma once

#include <string>
#include <vector>

#include "sluice/error.hpp"

namespace sluice {

/// The ids of events that are stored, a line each, appended. A line is whole or it is cut off when the file is opened
/// the next time.
class receipts_file {
public:
  /// Opens or creates it, and cuts off a partial last line.
  static result<receipts_file> open(const std::string& path);

  receipts_file(receipts_file&&) noexcept;
  receipts_file& operator=(receipts_file&&) = delete;
  ~receipts_file();

  /// Appends the ids, in writes of at most 4 KiB that end with a line. After an error, which is given once, nothing is
  /// written any more.
  result<void> append(const std::vector<std::string>& message_ids);

private:
  explicit receipts_file(int fd) : fd_{fd} {}
  result<void> write(const std::string& block);

  int fd_;
  bool broken_ = false;
};

} // namespace sluice
