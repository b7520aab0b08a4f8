#include <cstdint>
#include <unordered_map>

#include "floor/store.hpp"

namespace sluice::bench {

namespace {

class floor_memory : public floor_store {
public:
  bool begin(const std::vector<floor_batch>& delivered, const std::vector<floor_batch>& fresh) override {
    for (const auto& b : delivered)
      batches_.erase(b.number);
    for (const auto& b : fresh)
      batches_.emplace(b.number, b);
    return true;
  }

  std::size_t left() override { return batches_.size(); }

private:
  std::unordered_map<std::int64_t, floor_batch> batches_;
};

} // namespace

std::unique_ptr<floor_store> make_floor_memory() {
  return std::make_unique<floor_memory>();
}

} // namespace sluice::bench
