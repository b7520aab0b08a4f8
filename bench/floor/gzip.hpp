#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <libdeflate.h>

namespace sluice::bench {

/// Compresses as the library does, with a state and a buffer that are kept.
class floor_gzip {
public:
  std::string compress(std::string_view);

private:
  std::unique_ptr<libdeflate_compressor, decltype(&libdeflate_free_compressor)> compressor_{
      libdeflate_alloc_compressor(1), &libdeflate_free_compressor};
  std::string buffer_;
};

} // namespace sluice::bench
