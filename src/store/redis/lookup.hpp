#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <string>
#include <vector>

#include "sluice/error.hpp"

namespace sluice {

/// Looks up a host name on a detached thread, because a lookup that hangs cannot be cancelled. One is under way at a
/// time; later callers wait for its result.
class redis_lookup {
public:
  /// Returns the numeric addresses of the host. Errors: `store_failed`, also when they are not known in time.
  /// `deadline` is asked now and then, because it may come to be sooner.
  result<std::vector<std::string>> find(const std::string& host,
                                        const std::function<std::chrono::steady_clock::time_point()>& deadline);

private:
  std::shared_future<result<std::vector<std::string>>> under_way_;
};

} // namespace sluice
