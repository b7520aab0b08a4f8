#pragma once

#include <optional>
#include <string>

#include "harness/setting.hpp"
#include "sluice/options.hpp"
#include "support/process.hpp"
#include "support/redis_server.hpp"

namespace sluice::bench {

/// Queues for measurements: files in a temporary folder, and a redis-server of its own, which starts at first use and
/// writes nothing to disk.
class places {
public:
  /// Returns a new, empty queue, as a value of the option `persistence`.
  std::string fresh(store_kind);

  const test::redis_server& redis();

private:
  test::temporary_folder folder_;
  std::optional<test::redis_server> redis_;
  int files_ = 0;
};

/// Returns the default options, with a queue in `persistence`; in SQLite what is stored survives the kill of the
/// process.
options default_options(const std::string& url, const std::string& persistence);
/// Returns the same for batches of exactly `s.batch` events.
options options_for(const setting& s, const std::string& url, const std::string& persistence);

} // namespace sluice::bench
