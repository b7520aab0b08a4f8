#include "store/make_store.hpp"

#include "store/memory_store.hpp"

namespace sluice {

std::unique_ptr<store> make_store(const options& o) {
  return std::make_unique<memory_store>(o.queue, o.dead_letters);
}

} // namespace sluice
