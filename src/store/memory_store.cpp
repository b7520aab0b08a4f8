#include "store/memory_store.hpp"

#include "core/persistence/partition.hpp"

namespace sluice {

namespace {

std::vector<std::shared_ptr<memory_partition>> partitions_of(const options& o) {
  std::vector<std::shared_ptr<memory_partition>> all;
  for (std::size_t i = 0; i < o.queue.partitions; ++i)
    all.push_back(std::make_shared<memory_partition>(share_of_partition(o)));
  return all;
}

} // namespace

memory_store::memory_store(const options& o)
    : partitions_{partitions_of(o)}, admin_{{partitions_.begin(), partitions_.end()}} {}

} // namespace sluice
