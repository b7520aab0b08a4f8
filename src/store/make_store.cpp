#include "store/make_store.hpp"

#include "core/config/redis_options.hpp"
#include "core/config/store_url.hpp"
#include "store/fingerprint.hpp"
#include "store/memory_store.hpp"
#include "store/redis/repartition.hpp"
#include "store/redis/store.hpp"
#include "store/sqlite/enqueuer.hpp"
#include "store/sqlite/repartition.hpp"
#include "store/sqlite/store.hpp"

namespace sluice {

namespace {

// The one place that names the backends.
struct opener {
  const options& o;
  result<std::unique_ptr<store>> operator()(const memory_url&) const {
    return std::unique_ptr<store>{std::make_unique<memory_store>(o)};
  }
  result<std::unique_ptr<store>> operator()(const sqlite_url& to) const {
    const auto open = o.queue.enqueue_only ? sqlite_enqueuer::open : sqlite_store::open;
    return open(to.path, o, fingerprint_of(o));
  }
  result<std::unique_ptr<store>> operator()(const redis_options& to) const {
    return std::unique_ptr<store>{std::make_unique<redis_store>(to, o, fingerprint_of(o))};
  }
};

error only_its_own() {
  return {errc::unsupported, "persistence", "a queue in memory cannot be seen by another process"};
}

struct admin_opener {
  const options& o;
  result<std::unique_ptr<queue_admin>> operator()(const memory_url&) const { return only_its_own(); }
  result<std::unique_ptr<queue_admin>> operator()(const sqlite_url& to) const {
    auto queue = sqlite_queue::open(to.path, o.sqlite.durability);
    if (!queue)
      return queue.error();
    return std::unique_ptr<queue_admin>{std::make_unique<sqlite_queue>(std::move(*queue))};
  }
  result<std::unique_ptr<queue_admin>> operator()(const redis_options& to) const {
    // Whoever only inspects a queue has not validated the options.
    if (auto wrong = check_redis(to); !wrong.empty())
      return wrong.front();
    return std::unique_ptr<queue_admin>{std::make_unique<redis_admin>(to, o)};
  }
};

struct partition_changer {
  const options& o;
  result<repartition_done> operator()(const memory_url&) const { return only_its_own(); }
  result<repartition_done> operator()(const sqlite_url& to) const { return repartition_sqlite(to.path, o); }
  result<repartition_done> operator()(const redis_options& to) const {
    if (auto wrong = check_redis(to); !wrong.empty())
      return wrong.front();
    return repartition_redis(to, o);
  }
};

} // namespace

result<std::unique_ptr<store>> make_store(const options& o) {
  const auto to = parse_store_url(o);
  if (!to)
    return to.error();
  return std::visit(opener{o}, *to);
}

result<std::unique_ptr<queue_admin>> make_queue_admin(const options& o) {
  const auto to = parse_store_url(o);
  if (!to)
    return to.error();
  return std::visit(admin_opener{o}, *to);
}

result<repartition_done> repartition(const options& o) {
  const auto to = parse_store_url(o);
  if (!to)
    return to.error();
  return std::visit(partition_changer{o}, *to);
}

} // namespace sluice
