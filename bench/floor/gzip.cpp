#include "floor/gzip.hpp"

#include <cstdint>

#include <libdeflate.h>

namespace sluice::bench {

namespace {

constexpr std::string_view header{"\x1f\x8b\x08\0\0\0\0\0\0\xff", 10};

void append_number(std::string& to, std::uint32_t n) {
  for (int i = 0; i < 4; ++i, n >>= 8U)
    to += static_cast<char>(n & 0xffU);
}

} // namespace

std::string floor_gzip::compress(std::string_view text) {
  buffer_ = header;
  compressor_.append(buffer_, text);
  append_number(buffer_, libdeflate_crc32(0, text.data(), text.size()));
  append_number(buffer_, static_cast<std::uint32_t>(text.size()));
  return buffer_;
}

} // namespace sluice::bench
