#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include <CLI/CLI.hpp>

namespace sluice {

/// Adds an option whose value is a count. A negative number is read as a count far out of every range, so that
/// `validate` reports it together with the permitted range. CLI11's own message differs between its versions.
inline void add_count_option(CLI::App& command, const std::string& name, std::size_t& count, const std::string& help) {
  command
      .add_option_function<std::int64_t>(
          name, [&count](std::int64_t value) { count = static_cast<std::size_t>(value); }, help)
      ->default_str(std::to_string(count));
}

} // namespace sluice
