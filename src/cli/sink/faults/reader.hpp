#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/sink/faults/script.hpp"
#include "sluice/error.hpp"

namespace sluice {

/// The rules of a script and every error in it. With an error the rules must not be used.
struct read_faults {
  std::vector<fault_rule> rules{};
  /// At most 100. Each names the member, as in `faults[3].rate`.
  std::vector<error> errors{};
};

/// Reads `{"faults":[RULE,…]}` (docs/fault-laboratory.md): at most 1 MiB and 10 000 rules. Pure.
read_faults parse_faults(std::string_view text);

/// Reads a file with such a script.
read_faults load_faults(const std::string& path);

} // namespace sluice
