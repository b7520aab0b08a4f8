#include "support/catch.hpp"

#include <random>

#include <zlib.h>

#include "core/wire/compressor.hpp"

using namespace sluice;

namespace {

// Returns the bytes of raw deflate data that end with their final block.
std::string raw_inflate(std::string deflated, std::size_t size) {
  z_stream z{};
  REQUIRE(inflateInit2(&z, -MAX_WBITS) == Z_OK);
  std::string out(size + 1, '\0');
  z.next_in = reinterpret_cast<Bytef*>(deflated.data());
  z.avail_in = static_cast<uInt>(deflated.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  CHECK(inflate(&z, Z_FINISH) == Z_STREAM_END);
  CHECK(z.avail_in == 0);
  out.resize(z.total_out);
  inflateEnd(&z);
  return out;
}

} // namespace

TEST_CASE("a compressor appends any text so that it can be read again", "[core][payload]") {
  std::mt19937_64 random{1};
  compressor c;
  for (const std::size_t size : {0U, 1U, 100U, 5'000U, 70'000U, 1'000'000U})
    for (const unsigned kinds_of_bytes : {1U, 16U, 256U}) { // those of 256 cannot be compressed
      std::string text(size, '\0'), out = "before";
      for (auto& byte : text)
        byte = static_cast<char>(random() % kinds_of_bytes);
      c.append(out, text);
      CHECK(out.substr(0, 6) == "before");
      CHECK(raw_inflate(out.substr(6), size) == text);
    }
}
