#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <tuple>

#include <poll.h>

#include "sluice/options.hpp"
#include "sluice/store.hpp"
#include "store/memory_store.hpp"
#include "store/redis/repartition.hpp"
#include "store/redis/store.hpp"
#include "store/sqlite/repartition.hpp"
#include "store/sqlite/store.hpp"
#include "support/process.hpp"
#include "support/redis_layout.hpp"
#include "support/redis_server.hpp"

namespace sluice::test {

/// Time that passes when a test says so; `step` is a while.
struct virtual_clock {
  static constexpr milliseconds step{1'000};
  store_time now() const { return now_; }
  /// Below zero: the clock is set back.
  void pass(milliseconds t) { now_ += t; }

private:
  store_time now_{milliseconds{1'700'000'000'000}};
};

/// The clock that Redis on this machine has.
struct real_clock {
  static constexpr milliseconds step{20};
  store_time now() const { return std::chrono::time_point_cast<milliseconds>(std::chrono::system_clock::now()); }
  void pass(milliseconds t) {
    for (const auto end = now() + t; now() < end;)
      ::poll(nullptr, 0, 1);
  }
};

/// A backend under test: `open` returns its queue, which is empty at first, for the destination with `fingerprint`. One
/// that cannot be started fails the run.
struct memory_backend : virtual_clock {
  /// Whether what is written down of the batches agrees with their bodies.
  bool agrees() const { return true; }
  result<std::unique_ptr<store>> open(const options& o, const std::string& /*fingerprint*/) {
    return std::unique_ptr<store>{std::make_unique<memory_store>(o)};
  }
};

struct sqlite_backend : virtual_clock {
  bool agrees() const {
    sqlite_db db{folder.path() + "/queue.db", milliseconds{5'000}};
    std::int64_t wrong = 0;
    db.query("SELECT (SELECT count(*) FROM batch LEFT JOIN body USING(n) WHERE payload IS NULL OR "
             "length(payload) <> bytes) + (SELECT count(*) FROM body WHERE n NOT IN (SELECT n FROM batch))",
             {}, [&](const sqlite_row& r) { wrong = r.integer(0); });
    return wrong == 0;
  }
  result<std::unique_ptr<store>> open(options o, const std::string& fingerprint) {
    o.sqlite.durability = sqlite_durability::normal;
    return sqlite_store::open(folder.path() + "/queue.db", o, fingerprint);
  }
  result<repartition_done> repartition(const options& o) const {
    return repartition_sqlite(folder.path() + "/queue.db", o);
  }
  temporary_folder folder;
};

struct redis_backend : real_clock {
  bool agrees() const {
    check_layout(server);
    return true;
  }
  result<std::unique_ptr<store>> open(const options& o, const std::string& fingerprint) {
    return std::unique_ptr<store>{std::make_unique<redis_store>(where(), o, fingerprint)};
  }
  result<repartition_done> repartition(const options& o) const { return repartition_redis(where(), o); }
  redis_options where() const {
    redis_options to;
    to.unix_socket = server.socket();
    return to;
  }
  redis_server server;
};

struct shared_redis_backend : redis_backend {
  result<std::unique_ptr<store>> open(options o, const std::string& fingerprint) {
    o.queue.is_multi_processor = true;
    return redis_backend::open(o, fingerprint);
  }
};

/// A queue of a backend in so many partitions, each with the bounds that a test asks for.
template <class Backend, std::size_t Partitions>
struct partitioned : Backend {
  using backend = Backend;
  static constexpr std::size_t partitions = Partitions;
  result<std::unique_ptr<store>> open(options o, const std::string& fingerprint) {
    o.queue.partitions = Partitions;
    for (auto* bound : {&o.queue.max_backlog_events, &o.queue.max_backlog_bytes, &o.dead_letters.max_events,
                        &o.dead_letters.max_bytes})
      *bound *= Partitions;
    return Backend::open(o, fingerprint);
  }
};

/// Every backend; the contract suite runs against each, in its first partition, whatever others there are.
using backends =
    std::tuple<memory_backend, sqlite_backend, redis_backend, shared_redis_backend, partitioned<memory_backend, 3>,
               partitioned<memory_backend, 16>, partitioned<sqlite_backend, 3>, partitioned<sqlite_backend, 16>,
               partitioned<redis_backend, 16>, partitioned<shared_redis_backend, 3>>;

/// Those whose clock is the caller's.
using backends_with_virtual_clock =
    std::tuple<memory_backend, sqlite_backend, partitioned<memory_backend, 3>, partitioned<sqlite_backend, 3>>;

/// Those with partitions, and those that survive the process.
using backends_with_partitions =
    std::tuple<partitioned<memory_backend, 3>, partitioned<memory_backend, 16>, partitioned<sqlite_backend, 3>,
               partitioned<sqlite_backend, 16>, partitioned<redis_backend, 3>, partitioned<shared_redis_backend, 16>>;
using durable_backends = std::tuple<sqlite_backend, redis_backend, shared_redis_backend>;
using durable_backends_with_partitions =
    std::tuple<partitioned<sqlite_backend, 3>, partitioned<redis_backend, 3>, partitioned<shared_redis_backend, 16>>;

} // namespace sluice::test
