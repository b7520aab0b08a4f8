#pragma once

#include <stdexcept>
#include <utility>

#include "fakes/forwarding_store.hpp"
#include "simulation/scenario.hpp"

namespace sluice::test {

/// How a store behaves; shared by the wrappers of all the processes that work on it.
struct store_faults {
  /// Of a hundred units of work: those that fail before they are applied, after, and by an exception.
  unsigned before = 0, after = 0, throws = 0;
};

/// A store that a process works on, and that fails as it is told. `freeze`: the process has crashed, and nothing that
/// it still does happens.
class unreliable_store : public forwarding_store {
public:
  unreliable_store(std::shared_ptr<store> inner, bool is_durable, const store_faults& faults, chance& c)
      : forwarding_store{std::move(inner)}, is_durable_{is_durable}, faults_{faults}, chance_{c} {}

  void freeze() noexcept { frozen_ = true; }
  /// Whether something has happened that the process was not told.
  bool lost_answer() const noexcept { return lost_answer_; }

  work_result apply(const unit_of_work& u) override {
    if (frozen_ || chance_.percent(faults_.before))
      return error{errc::store_failed, "", "away"};
    if (chance_.percent(faults_.throws))
      throw std::runtime_error("on fire");
    auto done = inner_->apply(u);
    if (!chance_.percent(faults_.after))
      return done;
    lost_answer_ = true;
    return error{errc::store_failed, "", "no answer"};
  }
  bool durable() const noexcept override { return is_durable_; }
  std::chrono::milliseconds poll_interval() override { return std::chrono::milliseconds{is_durable_ ? 1'000 : 0}; }

private:
  const bool is_durable_;
  const store_faults& faults_;
  chance& chance_;
  bool frozen_ = false;
  bool lost_answer_ = false;
};

} // namespace sluice::test
