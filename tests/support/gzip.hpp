#pragma once

#include <stdexcept>
#include <string>

#include <zlib.h>

namespace sluice::test {

/// Compresses text as a client does, with zlib.
inline std::string gzip(std::string text) {
  z_stream z{};
  constexpr int as_gzip = 15 + 16;
  if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, as_gzip, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::runtime_error("deflateInit2");
  std::string out(deflateBound(&z, static_cast<uLong>(text.size())), '\0');
  z.next_in = reinterpret_cast<Bytef*>(text.data());
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  const bool done = deflate(&z, Z_FINISH) == Z_STREAM_END;
  out.resize(z.total_out);
  deflateEnd(&z);
  if (!done)
    throw std::runtime_error("deflate");
  return out;
}

} // namespace sluice::test
