#include "core/event/uuid.hpp"

#include <array>

namespace sluice {

namespace {

void append_hex(std::string& out, std::uint64_t high, std::uint64_t low, bool dashes) {
  constexpr char digits[] = "0123456789abcdef";
  std::array<char, 36> text{};
  std::size_t n = 0;
  for (int i = 0; i < 32; ++i) {
    if (dashes && (i == 8 || i == 12 || i == 16 || i == 20))
      text[n++] = '-';
    const std::uint64_t word = i < 16 ? high : low;
    text[n++] = digits[word >> (60 - 4 * (i % 16)) & 15U];
  }
  out.append(text.data(), n);
}

} // namespace

uuid_source::uuid_source() {
  std::random_device device;
  std::seed_seq seed{device(), device(), device(), device(), device(), device(), device(), device()};
  random_.seed(seed);
}

void uuid_source::append(std::string& out) {
  const std::uint64_t high = (random_() & ~std::uint64_t{0xf000}) | 0x4000;
  const std::uint64_t low = (random_() & ~(std::uint64_t{3} << 62)) | std::uint64_t{1} << 63;
  append_hex(out, high, low, true);
}

std::string uuid_source::hex() {
  std::string text;
  const std::uint64_t high = random_();
  append_hex(text, high, random_(), false);
  return text;
}

} // namespace sluice
