#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "sluice/error.hpp"

namespace sluice {

/// Reads the lines of a file or of standard input, up to a maximum length. Reading ends early when `stop_fd` becomes
/// readable.
class line_reader {
public:
  /// Opens a file; `-` is standard input. Errors: the file cannot be opened, or is a directory.
  static result<line_reader> open(const std::string& file, std::size_t max_line, int stop_fd);

  line_reader(line_reader&&) noexcept;
  line_reader& operator=(line_reader&&) = delete;
  ~line_reader();

  enum class outcome : std::uint8_t { line, too_long, end, stopped, failed };

  /// Reads the next line. `text()` returns it until the next call.
  outcome next();
  std::string_view text() const noexcept { return line_; }
  /// The number of the line, from 1.
  std::uint64_t number() const noexcept { return number_; }

private:
  line_reader(int fd, std::size_t max_line, int stop_fd) : fd_{fd}, max_line_{max_line}, stop_fd_{stop_fd} {}

  enum class fill_outcome : std::uint8_t { some, end, stopped, failed };
  void move_to_front();
  fill_outcome fill();

  int fd_;
  std::size_t max_line_;
  int stop_fd_;
  /// What was read, and is not returned yet, stands from `begin_` to `end_`.
  std::string buffer_;
  std::size_t begin_ = 0, end_ = 0;
  std::string_view line_;
  std::uint64_t number_ = 0;
};

} // namespace sluice
