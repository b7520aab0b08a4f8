#pragma once

#include <memory>
#include <utility>

#include "sluice/store.hpp"

namespace sluice::test {

/// A store in front of another one, which may outlive it: what a test does not override goes through.
class forwarding_store : public store {
public:
  explicit forwarding_store(std::shared_ptr<store> inner) : inner_{std::move(inner)} {}

  work_result apply(const unit_of_work& u) override { return inner_->apply(u); }
  result<store_stats> stats() override { return inner_->stats(); }
  result<std::vector<dead_letter>> list_dead(const std::string& after, std::size_t limit) override {
    return inner_->list_dead(after, limit);
  }
  result<dead_letter> show_dead(const std::string& id) override { return inner_->show_dead(id); }
  result<std::uint64_t> replay_dead(const std::vector<std::string>& ids) override { return inner_->replay_dead(ids); }
  result<std::uint64_t> purge_dead(const std::vector<std::string>& ids) override { return inner_->purge_dead(ids); }
  result<void> replace_dead(const std::string& id, const batch_ptr& by) override {
    return inner_->replace_dead(id, by);
  }
  result<queue_page> list_batches(const std::string& after, std::size_t limit) override {
    return inner_->list_batches(after, limit);
  }
  result<std::uint64_t> erase_events(const std::vector<erasure>& all) override { return inner_->erase_events(all); }
  result<void> scrub() override { return inner_->scrub(); }
  result<std::vector<queue_note>> notes(const std::string& prefix) override { return inner_->notes(prefix); }
  result<bool> put_note(const queue_note& note, const std::string& was) override { return inner_->put_note(note, was); }
  result<void> set_paused(bool paused) override { return inner_->set_paused(paused); }
  bool durable() const noexcept override { return inner_->durable(); }
  bool shared() const noexcept override { return inner_->shared(); }
  std::chrono::milliseconds poll_interval() override { return inner_->poll_interval(); }

protected:
  std::shared_ptr<store> inner_;
};

} // namespace sluice::test
