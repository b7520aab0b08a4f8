#include "core/wire/compressor.hpp"

#include <new>

#include <libdeflate.h>

namespace sluice {

namespace {

// The fastest level. A higher one makes batches smaller by a tenth at most.
constexpr int libdeflate_level = 1;

} // namespace

struct compressor::state {
  std::unique_ptr<libdeflate_compressor, decltype(&libdeflate_free_compressor)> its{
      libdeflate_alloc_compressor(libdeflate_level), &libdeflate_free_compressor};
};

compressor::compressor() : state_{std::make_unique<state>()} {
  if (!state_->its)
    throw std::bad_alloc{};
}

compressor::~compressor() = default;

void compressor::append(std::string& out, std::string_view text) {
  auto* const its = state_->its.get();
  const auto begin = out.size();
  out.resize(begin + libdeflate_deflate_compress_bound(its, text.size()));
  const auto size = libdeflate_deflate_compress(its, text.data(), text.size(), out.data() + begin, out.size() - begin);
  out.resize(begin + size);
}

} // namespace sluice
