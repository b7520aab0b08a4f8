#pragma once

#include <stdexcept>
#include <string>

#include <zlib.h>

namespace sluice::test {

/// What zlib, which the library does not compress with, makes of a gzip member.
inline std::string gunzip(const std::string& zipped) {
  z_stream stream{};
  if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK)
    throw std::runtime_error("inflateInit2");
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(zipped.data()));
  stream.avail_in = static_cast<uInt>(zipped.size());
  std::string out;
  int ended = Z_OK;
  while (ended == Z_OK) {
    constexpr std::size_t chunk = 16 << 10;
    out.resize(stream.total_out + chunk);
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + stream.total_out);
    stream.avail_out = chunk;
    ended = inflate(&stream, Z_NO_FLUSH);
  }
  out.resize(stream.total_out);
  inflateEnd(&stream);
  if (ended != Z_STREAM_END || stream.avail_in != 0)
    throw std::runtime_error("not a gzip member");
  return out;
}

} // namespace sluice::test
