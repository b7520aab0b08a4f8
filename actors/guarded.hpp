#pragma once

#include <exception>

#include "sluice/error.hpp"

namespace sluice {

/// Calls a store, and returns its result. It must not throw; one from outside that does is taken as failing.
template <class F>
auto guarded(F call) -> decltype(call()) {
  try {
    return call();
  } catch (const std::exception& e) {
    return error{errc::store_failed, "", e.what()};
  } catch (...) {
    return error{errc::store_failed, "", "unknown exception"};
  }
}

} // namespace sluice
