#pragma once

#include <memory>
#include <mutex>

#include "server/key_set.hpp"

namespace sluice {

/// Who may ask for what. Replaced as a whole when the files of keys are read again.
struct access_rules {
  key_set write_keys;
  /// Empty: no token is needed.
  key_set tokens;
};

/// The present rules. Any thread.
class access_control {
public:
  explicit access_control(access_rules rules) : rules_{std::make_shared<const access_rules>(std::move(rules))} {}

  std::shared_ptr<const access_rules> rules() const {
    std::lock_guard guard{mutex_};
    return rules_;
  }
  void replace(access_rules rules) {
    auto next = std::make_shared<const access_rules>(std::move(rules));
    std::lock_guard guard{mutex_};
    rules_ = std::move(next);
  }

private:
  mutable std::mutex mutex_;
  std::shared_ptr<const access_rules> rules_;
};

} // namespace sluice
