#include "floor/gzip.hpp"

#include <algorithm>

namespace sluice::bench {

std::string floor_gzip::compress(std::string_view text) {
  buffer_.resize(std::max(buffer_.size(), libdeflate_gzip_compress_bound(compressor_.get(), text.size())));
  const auto size =
      libdeflate_gzip_compress(compressor_.get(), text.data(), text.size(), buffer_.data(), buffer_.size());
  return buffer_.substr(0, size);
}

} // namespace sluice::bench
