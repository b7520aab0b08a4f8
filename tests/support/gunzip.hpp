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
  std::string out(std::size_t{32} << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(zipped.data()));
  stream.avail_in = static_cast<uInt>(zipped.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  const int ended = inflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  if (ended != Z_STREAM_END || stream.avail_in != 0)
    throw std::runtime_error("not a gzip member");
  return out;
}

} // namespace sluice::test
