#include "harness/allocations.hpp"

#include <cstdlib>
#include <new>

namespace {

thread_local std::uint64_t count = 0;

} // namespace

// Every form of `new` in the standard library calls one of these two, or is not used here.
void* operator new(std::size_t size) {
  ++count;
  if (void* p = std::malloc(size > 0 ? size : 1))
    return p;
  throw std::bad_alloc{};
}

void operator delete(void* p) noexcept {
  std::free(p);
}

void operator delete(void* p, std::size_t) noexcept {
  std::free(p);
}

namespace sluice::bench {

std::uint64_t allocations() noexcept {
  return count;
}

} // namespace sluice::bench
