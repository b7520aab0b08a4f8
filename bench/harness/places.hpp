#pragma once

#include <optional>
#include <string>

#include "harness/setting.hpp"
#include "sluice/options.hpp"
#include "support/process.hpp"
#include "support/redis_server.hpp"

namespace sluice::bench {

/// Queues to measure with: files in a temporary folder, and a redis-server of their own, which is started when it is
/// first asked for and writes nothing to disk.
class places {
public:
  /// A new, empty queue: a value for the option `persistence`.
  std::string fresh(store_kind);

  const test::redis_server& redis();

private:
  test::temporary_folder folder_;
  std::optional<test::redis_server> redis_;
  int files_ = 0;
};

/// What all measurements have in common: a queue in `persistence`, batches of `s.batch` events whatever happens.
options options_for(const setting& s, const std::string& url, const std::string& persistence);

} // namespace sluice::bench
