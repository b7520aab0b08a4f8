#pragma once

#include "sluice/options.hpp"
#include "sluice/transport.hpp"

namespace sluice {

/// The transport that valid options ask for. The one place that names the transports.
transport_factory make_transport_factory(const options&);

} // namespace sluice
