#include "core/wire/compressor.hpp"

#include <array>
#include <cstdint>
#include <stdexcept>

#include <isa-l/igzip_lib.h>

namespace sluice {

namespace {

constexpr std::size_t page_size = 4096;
// Hardly slower than level 1, and batches of many events are smaller by up to a twentieth.
constexpr int isal_level = 2;

} // namespace

// Its speed depends on where its tables are: at the start of a page it does not vary between processes.
struct compressor::state {
  alignas(page_size) isal_zstream stream;
  alignas(page_size) std::array<std::uint8_t, ISAL_DEF_LVL2_LARGE> level_buffer;
};

// The memory is not cleared, so that a compressor that is never used takes none.
compressor::compressor() : state_{new state} {
  auto& s = state_->stream;
  isal_deflate_init(&s);
  s.level = isal_level;
  s.level_buf = state_->level_buffer.data();
  s.level_buf_size = static_cast<std::uint32_t>(state_->level_buffer.size());
}

compressor::~compressor() = default;

void compressor::append(std::string& out, std::string_view text) {
  auto& s = state_->stream;
  isal_deflate_reset(&s);
  s.next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data())); // which it does not change
  s.avail_in = static_cast<std::uint32_t>(text.size());
  s.end_of_stream = 1;
  // Enough at once for what batches compress to.
  const auto step = text.size() / 2 + 1024;
  auto end = out.size();
  while (s.internal_state.state != ZSTATE_END) {
    out.resize(end + step);
    s.next_out = reinterpret_cast<std::uint8_t*>(out.data() + end);
    s.avail_out = static_cast<std::uint32_t>(step);
    if (isal_deflate(&s) != COMP_OK)
      throw std::logic_error("ISA-L does not take the arguments of its compression");
    end = out.size() - s.avail_out;
  }
  out.resize(end);
}

} // namespace sluice
