#pragma once

#include <string>
#include <string_view>

#include "core/wire/compressor.hpp"

namespace sluice::bench {

/// Compresses with the compressor of the library, whose state is kept, as is the buffer.
class floor_gzip {
public:
  std::string compress(std::string_view);

private:
  compressor compressor_;
  std::string buffer_;
};

} // namespace sluice::bench
