#pragma once

#include "sluice/options.hpp"
#include "sluice/transport.hpp"

namespace sluice {

/// Returns the transport for valid options. The one place that names the transports.
std::unique_ptr<transport> make_transport(const options&);

} // namespace sluice
