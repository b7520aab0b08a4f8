#pragma once

#include <memory>
#include <utility>

#include "fakes/forwarding_store.hpp"
#include "fakes/unreliable_way.hpp"

namespace sluice::test {

/// A store in memory behind a way that fails.
class unreliable_store : public forwarding_store {
public:
  unreliable_store(std::shared_ptr<store> inner, std::shared_ptr<unreliable_way> way)
      : forwarding_store{std::move(inner)}, way_{std::move(way)} {}

  work_result apply(const unit_of_work& u) override {
    return way_->carry([&] { return inner_->apply(u); });
  }

private:
  const std::shared_ptr<unreliable_way> way_;
};

} // namespace sluice::test
