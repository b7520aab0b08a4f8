#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/sink/faults/script.hpp"
#include "sluice/error.hpp"

namespace sluice {

/// The rules of a script, and everything that is wrong with it; with an error the rules are of no use.
struct read_faults {
  std::vector<fault_rule> rules{};
  /// Each names the member, as in `faults[3].rate`. 100 at most.
  std::vector<error> errors{};
};

/// Reads `{"faults":[RULE,…]}` (docs/fault-laboratory.md): at most 1 MiB and 10 000 rules. Pure.
read_faults parse_faults(std::string_view text);

/// Reads a file of that form.
read_faults load_faults(const std::string& path);

} // namespace sluice
