#pragma once

#include <memory>
#include <string>
#include <vector>

#include "support/redis_server.hpp"

struct redisContext;

namespace sluice::test {

/// Hears every command that a server runs, those in scripts too.
class redis_monitor {
public:
  /// From now on.
  explicit redis_monitor(const redis_server&);

  /// The words of every command that was run since the last call, in order. Before those of a script stands "lua".
  /// Throws if the server says nothing for 5 s.
  std::vector<std::vector<std::string>> commands();

private:
  struct closer {
    void operator()(redisContext*) const noexcept;
  };

  std::string next();

  const redis_server& server_;
  std::unique_ptr<redisContext, closer> connection_;
};

} // namespace sluice::test
