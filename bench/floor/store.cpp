#include "floor/store.hpp"

#include <utility>

namespace sluice::bench {

std::unique_ptr<floor_store> make_floor_store(store_kind k, floor_commands how, places& p) {
  const auto persistence = p.fresh(k);
  switch (k) {
  case store_kind::memory:
    break;
  case store_kind::sqlite:
    return make_floor_sqlite(persistence.substr(persistence.find(':') + 1));
  case store_kind::redis:
    return (how == floor_commands::own ? make_floor_redis : make_floor_plain_redis)(p.redis().port());
  }
  return make_floor_memory();
}

} // namespace sluice::bench
