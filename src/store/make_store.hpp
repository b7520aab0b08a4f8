#pragma once

#include <memory>

#include "sluice/options.hpp"
#include "sluice/store.hpp"

namespace sluice {

/// The store that the options ask for. The one place that names the backends.
std::unique_ptr<store> make_store(const options&);

} // namespace sluice
