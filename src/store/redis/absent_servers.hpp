#pragma once

#include <map>
#include <string>

#include "sluice/error.hpp"

namespace sluice {

/// Servers that have just been found to be away, so that of many connections in a cluster only one waits for each.
class redis_absent_servers {
public:
  /// They may be there again.
  void forget() noexcept { absent_.clear(); }
  void add(const std::string& name, const error& why) { absent_.emplace(name, why); }
  /// Why it is away; null if nothing is known.
  const error* find(const std::string& name) const {
    const auto found = absent_.find(name);
    return found == absent_.end() ? nullptr : &found->second;
  }

private:
  std::map<std::string, error> absent_;
};

} // namespace sluice
