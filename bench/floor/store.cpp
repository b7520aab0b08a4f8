#include "floor/store.hpp"

namespace sluice::bench {

namespace {

class floor_memory : public floor_store {
public:
  void put(const std::string&, std::size_t, const std::string&) override {}
  void finish() override {}
};

} // namespace

std::unique_ptr<floor_store> make_floor_store(store_kind k, const std::string& persistence, places& p) {
  switch (k) {
  case store_kind::memory:
    break;
  case store_kind::sqlite:
    return make_floor_sqlite(persistence.substr(persistence.find(':') + 1));
  case store_kind::redis:
    return make_floor_redis(p.redis().port());
  }
  return std::make_unique<floor_memory>();
}

} // namespace sluice::bench
