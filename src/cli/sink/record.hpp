#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sluice/error.hpp"

namespace sluice {

/// A file with a line for each event that a sink has accepted: message id, batch id, milliseconds since 1970.
class sink_record {
public:
  /// Opens the file to append, or creates it. An empty path records nothing. Errors name the option.
  static result<sink_record> open(const std::string& path);

  sink_record(sink_record&&) noexcept;
  sink_record& operator=(sink_record&&) = delete;
  ~sink_record();

  /// Returns false if the lines could not be written.
  bool append(const std::vector<std::string>& message_ids, std::string_view batch_id) const;

private:
  explicit sink_record(int fd) : fd_{fd} {}

  int fd_;
};

} // namespace sluice
