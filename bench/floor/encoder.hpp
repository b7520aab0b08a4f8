#pragma once

#include <cstdint>
#include <thread>

#include "floor/handover.hpp"
#include "harness/setting.hpp"

namespace sluice::bench {

/// The floor's first thread: it writes the same JSON as the library, with the fields of the event fixed in the code,
/// and compresses it.
class floor_encoder {
public:
  /// Hands over batches of `events` together.
  floor_encoder(handover& to, const setting&, std::int64_t events);
  ~floor_encoder();
  floor_encoder(const floor_encoder&) = delete;
  floor_encoder& operator=(const floor_encoder&) = delete;

private:
  handover& to_;
  std::thread thread_;
};

} // namespace sluice::bench
