#pragma once

#include <string>
#include <vector>

#include "sluice/error.hpp"
#include "sluice/options.hpp"

namespace sluice {

/// Reads the group `sluice` of a CAF configuration file into `out`; options that it does not name keep their values.
/// Returns every error: a file that cannot be read or is malformed, unknown options, and values of the wrong kind.
std::vector<error> read_config_file(const std::string& path, options& out);

} // namespace sluice
