#pragma once

#include <functional>
#include <string>
#include <vector>

#include "actors/handles.hpp"
#include "sluice/store.hpp"

namespace sluice {

/// A queue that no other process can see, as operators use it: the persister does what they ask. Each call blocks until
/// it has, which is why only an actor with a thread of its own may use this.
class persisters_queue : public queue_admin {
public:
  /// `whom` returns the present persister.
  explicit persisters_queue(std::function<persister_actor()> whom) : whom_{std::move(whom)} {}

  result<store_stats> stats() override;
  result<std::vector<dead_letter>> list_dead(const std::string& after, std::size_t limit) override;
  result<dead_letter> show_dead(const std::string& id) override;
  result<std::uint64_t> replay_dead(const std::vector<std::string>& ids) override;
  result<std::uint64_t> purge_dead(const std::vector<std::string>& ids) override;
  result<void> replace_dead(const std::string& id, const batch_ptr& by) override;
  result<queue_page> list_batches(const std::string& after, std::size_t limit) override;
  result<std::uint64_t> erase_events(const std::vector<erasure>&) override;
  result<void> scrub() override;
  result<std::vector<queue_note>> notes(const std::string& prefix) override;
  result<bool> put_note(const queue_note&, const std::string& was) override;
  result<void> set_paused(bool) override;

private:
  template <class T, class F>
  result<T> ask(F what) const;

  std::function<persister_actor()> whom_;
};

} // namespace sluice
