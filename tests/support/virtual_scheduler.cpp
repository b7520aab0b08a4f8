#include "support/virtual_scheduler.hpp"

#include <algorithm>
#include <deque>
#include <map>

#include <caf/abstract_actor.hpp>
#include <caf/resumable.hpp>

#if CAF_MAJOR_VERSION >= 1
#  include <caf/action.hpp>
#  include <caf/actor_clock.hpp>
#  include <caf/detail/actor_system_access.hpp>
#  include <caf/disposable.hpp>
#  include <caf/mailbox_element.hpp>
#  include <caf/scheduler.hpp>
#else
#  include <caf/scheduler/test_coordinator.hpp>
#endif

namespace sluice::test {

#if CAF_MAJOR_VERSION >= 1

// CAF 1.x has deterministic schedulers of its own; one is not public, and the other, for CAF's own kind of test, gives
// no choice among actors.
namespace {

class virtual_clock : public caf::actor_clock {
public:
  time_point now() const noexcept override { return now_; }

  caf::disposable schedule(time_point when, caf::action what) override {
    due_.emplace(when, what);
    return std::move(what).as_disposable();
  }

  std::optional<time_point> next_due() const {
    const auto next = std::find_if(due_.begin(), due_.end(), [](const auto& d) { return !d.second.disposed(); });
    return next == due_.end() ? std::nullopt : std::optional{next->first};
  }

  void advance_to(time_point when) {
    now_ = when;
    while (!due_.empty() && due_.begin()->first <= now_) {
      auto what = due_.extract(due_.begin()).mapped();
      if (!what.disposed())
        what.run();
    }
  }

  void drop() {
    for (auto& [when, what] : std::exchange(due_, {}))
      what.dispose();
  }

private:
  // Not the epoch, which may stand for no time at all.
  time_point now_{std::chrono::seconds{1}};
  std::multimap<time_point, caf::action> due_;
};

class choosing_scheduler : public caf::scheduler {
public:
  void schedule(caf::resumable* what) override { jobs.push_back(what); }
  void delay(caf::resumable* what) override { jobs.push_back(what); }
  void start() override {}
  // What the system itself leaves: its own actors, which have been told to go.
  void stop() override {
    while (!jobs.empty())
      run_one(0);
  }

  void run_one(std::size_t which) {
    auto* const job = jobs[which];
    jobs.erase(jobs.begin() + static_cast<std::ptrdiff_t>(which));
    const auto state = job->resume(this, 1);
    if (state == caf::resumable::resume_later)
      jobs.push_front(job);
    else
      intrusive_ptr_release(job);
  }

  std::deque<caf::resumable*> jobs;
};

} // namespace

struct virtual_scheduler::impl {
  explicit impl(caf::actor_system_config& config)
      : system{config,
               [](caf::actor_system& s, caf::actor_system_config&, void* self) {
                 auto& parts = *static_cast<impl*>(self);
                 auto its_clock = std::make_unique<virtual_clock>();
                 auto its_scheduler = std::make_unique<choosing_scheduler>();
                 parts.clock = its_clock.get();
                 parts.scheduler = its_scheduler.get();
                 caf::detail::actor_system_access access{s};
                 access.clock(std::move(its_clock));
                 access.scheduler(std::move(its_scheduler));
               },
               this} {}

  virtual_clock* clock = nullptr;
  choosing_scheduler* scheduler = nullptr;
  caf::actor_system system;

  void run_one(std::size_t which) { scheduler->run_one(which); }
  std::optional<time> next_due() const { return clock->next_due(); }
  void advance_to(time when) { clock->advance_to(when); }
  void drop() { clock->drop(); }
};

#else

struct virtual_scheduler::impl {
  explicit impl(caf::actor_system_config& config)
      : system{config.set("scheduler.policy", caf::atom("testing"))},
        scheduler{&dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler())}, clock{&scheduler->clock()} {}

  caf::actor_system system;
  caf::scheduler::test_coordinator* scheduler;
  caf::detail::test_actor_clock* clock;

  void run_one(std::size_t which) {
    auto& jobs = scheduler->jobs;
    std::swap(jobs.front(), jobs[which]);
    scheduler->run_once();
  }
  std::optional<time> next_due() const {
    const auto& due = clock->schedule();
    return due.empty() ? std::nullopt : std::optional{due.begin()->first};
  }
  void advance_to(time when) { clock->advance_time(when - clock->now()); }
  void drop() { clock->cancel_all(); }
};

#endif

virtual_scheduler::virtual_scheduler(caf::actor_system_config& config) : impl_{std::make_unique<impl>(config)} {}

virtual_scheduler::~virtual_scheduler() {
  impl_->drop();
}

caf::actor_system& virtual_scheduler::system() {
  return impl_->system;
}

std::size_t virtual_scheduler::runnable() const {
  return impl_->scheduler->jobs.size();
}

void virtual_scheduler::run_one(std::size_t which) {
  impl_->run_one(which);
}

bool virtual_scheduler::run_actor(const caf::abstract_actor& which) {
  const auto& jobs = impl_->scheduler->jobs;
  const auto job = std::find_if(jobs.begin(), jobs.end(),
                                [&](caf::resumable* x) { return dynamic_cast<caf::abstract_actor*>(x) == &which; });
  if (job == jobs.end())
    return false;
  run_one(static_cast<std::size_t>(job - jobs.begin()));
  return true;
}

virtual_scheduler::time virtual_scheduler::now() const {
  return impl_->clock->now();
}

std::optional<virtual_scheduler::time> virtual_scheduler::next_due() const {
  return impl_->next_due();
}

void virtual_scheduler::advance_to(time when) {
  impl_->advance_to(when);
}

void deliver(caf::strong_actor_ptr from, const caf::strong_actor_ptr& to, caf::message message) {
#if CAF_MAJOR_VERSION >= 1
  to->enqueue(caf::make_mailbox_element(std::move(from), caf::make_message_id(), std::move(message)), nullptr);
#else
  to->enqueue(std::move(from), caf::make_message_id(), std::move(message), nullptr);
#endif
}

} // namespace sluice::test
