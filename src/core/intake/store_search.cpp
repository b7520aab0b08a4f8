#include "core/intake/store_search.hpp"

#include <utility>

namespace sluice {

// A search that is under way may have passed what the caller wants to be looked for, so another one follows.
std::uint64_t store_search::begin(std::uint64_t last) {
  if (!under_way_) {
    start(last);
    return finished_ + 1;
  }
  asked_again_ = true;
  return finished_ + 2;
}

void store_search::begin_again(std::uint64_t last) {
  start(last);
}

void store_search::start(std::uint64_t last) {
  under_way_ = true;
  next_ = 1;
  last_ = last;
  missing_.clear();
}

void store_search::missing(std::uint64_t sequence, std::uint32_t events, std::uint32_t dead) {
  missing_.push_back({sequence, events, dead});
}

std::vector<store_search::missing_part> store_search::finish(std::uint64_t last) {
  auto found = std::exchange(missing_, {});
  ++finished_;
  under_way_ = false;
  if (std::exchange(asked_again_, false))
    start(last);
  return found;
}

} // namespace sluice
