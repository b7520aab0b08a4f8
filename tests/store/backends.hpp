#pragma once

#include <memory>
#include <tuple>

#include "sluice/options.hpp"
#include "sluice/store.hpp"
#include "store/memory_store.hpp"

namespace sluice::test {

struct memory_backend {
  static std::unique_ptr<store> open(queue_options limits = {}, dead_letter_options dead = {}) {
    return std::make_unique<memory_store>(limits, dead);
  }
};

/// Every backend; the contract suite runs against each.
using backends = std::tuple<memory_backend>;

} // namespace sluice::test
