#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace sluice::bench {

/// A batch of the floor, ready to be stored and posted.
struct floor_batch {
  std::int64_t number = 0; ///< The first is 1.
  std::string id;
  std::size_t events = 0;
  std::shared_ptr<const std::string> body;
};

} // namespace sluice::bench
