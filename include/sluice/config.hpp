#pragma once

#include <vector>

#include <caf/actor_system_config.hpp>

#include "sluice/export.hpp"
#include "sluice/options.hpp"

namespace sluice {

/// Adds Sluice to a host's configuration: its messages, its errors, and the option group `sluice`, for the
/// configuration file and the command line. Call it in the constructor of the host's configuration class, because only
/// that class can reach the second argument: `sluice::configure(*this, custom_options_)`.
SLUICE_API void configure(caf::actor_system_config& config, caf::config_option_set& custom_options);

/// Reads the group `sluice` of a configuration into `out`: `sluice { write_key = "…", http { connect = 5s } }` in a
/// file, `--sluice.flush_at=100` on the command line. Options that are not given keep their values. Returns every
/// error, by the option's full name: unknown options, and values of the wrong kind. Call `validate` to check ranges.
SLUICE_API std::vector<error> options_from(const caf::actor_system_config& config, options& out);

} // namespace sluice
